import JSONValues
import Tensors

extension Family {
    /// T5, Flan-T5 and mT5: an encoder and a decoder whose scores depend on distance alone (Raffel et al. 2020).
    static let t5 = Family(
        name: "T5", modelTypes: ["t5", "mt5"], tensorNames: t5Names(biasLayer: "0"), defaults: t5Defaults,
        ignoredTensors: ["encoder.embed_tokens", "decoder.embed_tokens", "EncDecAttention.relative_attention_bias"]
    ) { configuration in
        try configuration.t5()
    }

    /// UMT5: T5 with distances for each block (Chung et al. 2023).
    static let umt5 = Family(
        name: "UMT5", modelTypes: ["umt5"], tensorNames: t5Names(biasLayer: "{}"), defaults: t5Defaults,
        ignoredTensors: ["encoder.embed_tokens", "decoder.embed_tokens"]
    ) { try $0.t5() }

    private static let t5Defaults: JSON.Object = [
        "d_kv": 64, "d_ff": 2048, "layer_norm_epsilon": 1e-6, "relative_attention_num_buckets": 32,
        "relative_attention_max_distance": 128, "feed_forward_proj": "relu",
    ]

    private static func t5Names(biasLayer: String) -> TensorNames {
        func side(_ name: String, network: Int) -> [TensorRole: TensorName] {
            func own(_ rest: String) -> TensorName { TensorName(stringLiteral: "\(name).block.{}.layer.\(rest)") }
            return [
                .query: own("0.SelfAttention.q"), .key: own("0.SelfAttention.k"), .value: own("0.SelfAttention.v"),
                .attentionOutput: own("0.SelfAttention.o"), .mixerNorm: own("0.layer_norm"),
                .distanceBias: TensorName(
                    stringLiteral: "\(name).block.\(biasLayer).layer.0.SelfAttention.relative_attention_bias"),
                .sourceQuery: own("1.EncDecAttention.q"), .sourceKey: own("1.EncDecAttention.k"),
                .sourceValue: own("1.EncDecAttention.v"), .sourceOutput: own("1.EncDecAttention.o"),
                .sourceNorm: own("1.layer_norm"), .up: own("\(network).DenseReluDense.wi"),
                .gate: own("\(network).DenseReluDense.wi_0"), .down: own("\(network).DenseReluDense.wo"),
                .feedForwardNorm: own("\(network).layer_norm"),
                .finalNorm: TensorName(stringLiteral: "\(name).final_layer_norm"),
            ]
        }
        let outside: [TensorRole: TensorName] = [.embedding: "shared", .output: "lm_head"]
        return TensorNames(side("decoder", network: 2).merging(outside) { $1 })
            .allowing([.up: "decoder.block.{}.layer.2.DenseReluDense.wi_1", .embedding: "decoder.embed_tokens"])
            .withSource(side("encoder", network: 1), allowing: [.up: "encoder.block.{}.layer.1.DenseReluDense.wi_1"])
    }
}

extension Hyperparameters {
    fileprivate func t5() throws -> NetworkSpec {
        let norm = NormSpec.rms(epsilon: try positive(.layerEpsilon) ?? 1e-6)
        let (heads, headSize) = (try count(.heads), try count(.init("d_kv")))
        _ = try product(heads, headSize, key: .init("d_kv"))
        let shape = AttentionShape(heads: heads, keyValueHeads: heads, headSize: headSize, scale: 1)
        var attention = AttentionSpec(shape: shape, rotary: nil)
        let (bucketKey, reachKey) = (
            Key("relative_attention_num_buckets"), Key("relative_attention_max_distance")
        )
        (attention.distanceBuckets, attention.farthestBucket) = (try count(bucketKey), try count(reachKey))
        guard DistanceBuckets.counts.contains(attention.distanceBuckets) else {
            throw error(bucketKey, "is \(attention.distanceBuckets), not within \(DistanceBuckets.counts)")
        }
        guard attention.farthestBucket > attention.distanceBuckets / 2, attention.farthestBucket <= 1 << 16 else {
            throw error(reachKey, "is \(attention.farthestBucket), too near or too far for the buckets")
        }
        let network = try t5Network()
        var layer = LayerSpec(
            mixer: .attention(attention), mixerNorm: norm, feedForward: network, feedForwardNorm: norm)
        let sourceLayer = layer.asSource
        (layer.sourceAttention, layer.sourceNorm) = (SourceAttentionSpec(like: attention), norm)
        let layers = try layerCount()
        let answerLayers = try countIfPresent(.init("num_decoder_layers")) ?? layers
        var spec = NetworkSpec(
            vocabularySize: try count(.vocabularySize), hiddenSize: try count(.hiddenSize),
            // Positions are distances, of which all beyond some are alike.
            contextLength: 8192,
            layers: [LayerSpec](repeating: layer, count: min(answerLayers, Self.largestLayerCount)),
            finalNorm: norm)
        spec.output?.sharesEmbedding = true
        // Whether outputs are scaled says in older files only this flag, which has no other meaning: the output is the
        // embedding anyway unless the file has another.
        let isScaled = try flag(.init("scale_decoder_outputs", "tie_word_embeddings")) ?? true
        spec.output?.scale = isScaled ? 1 / Float(spec.hiddenSize).squareRoot() : 1
        spec.source = SourceSpec(
            embedding: EmbeddingSpec(), layers: [LayerSpec](repeating: sourceLayer, count: layers), finalNorm: norm,
            contextLength: nil)
        return spec
    }

    /// The network between: relu, or a gate of the function that the name ends in.
    private func t5Network() throws -> FeedForwardSpec {
        let key = Key("feed_forward_proj")
        let (name, size) = (try text(key) ?? "relu", try count(.init("d_ff")))
        let functions: [String: Activation] = [
            "relu": .relu, "gelu": .geluTanh, "gelu_new": .geluTanh, "silu": .silu,
        ]
        let isGated = name.hasPrefix("gated-")
        guard let function = functions[isGated ? String(name.dropFirst(6)) : name] else {
            throw error(key, "is \(name), which is not supported")
        }
        // Of networks without a gate the function is the exact one.
        let exact = !isGated && name == "gelu" ? .gelu : function
        return isGated ? .gated(size: size, function) : .plain(size: size, exact, hasBias: false)
    }
}
