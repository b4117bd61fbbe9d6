import Tensors

extension Family {
    /// BART: an encoder and a decoder with learned positions (Lewis et al. 2020).
    static let bart = Family(
        name: "BART", modelTypes: ["bart"], tensorNames: bartNames, defaults: ["scale_embedding": false],
        ignoredTensors: bartCopies
    ) { configuration in
        var spec = try configuration.bart(wiring: .normalizedSums)
        try configuration.addLearnedPositions(to: &spec)
        return spec
    }

    /// mBART and mBART-50: BART with norms before its parts, and after the last block (Liu et al. 2020).
    static let mbart = Family(
        name: "mBART", modelTypes: ["mbart"], tensorNames: bartNames, defaults: ["scale_embedding": false],
        ignoredTensors: bartCopies
    ) { configuration in
        var spec = try configuration.bart(wiring: .sequential)
        try configuration.addLearnedPositions(to: &spec)
        return spec
    }

    /// Pegasus: mBART with sines for positions (Zhang et al. 2020).
    static let pegasus = Family(
        name: "Pegasus", modelTypes: ["pegasus"], tensorNames: bartNames, defaults: ["scale_embedding": false],
        ignoredTensors: bartCopies + ["embed_positions"]
    ) { configuration in
        var spec = try configuration.bart(wiring: .sequential)
        spec.addSinusoids(SinusoidSpec())
        return spec
    }

    /// Marian, the OPUS-MT translators: BART with sines for positions (Junczys-Dowmunt et al. 2018).
    static let marian = Family(
        name: "Marian", modelTypes: ["marian"], tensorNames: bartNames, defaults: ["scale_embedding": false],
        ignoredTensors: bartCopies + ["embed_positions"]
    ) { configuration in
        let key = Hyperparameters.Key("share_encoder_decoder_embeddings")
        if try configuration.flag(key) == false { throw configuration.error(key, "is false, which is not supported") }
        var spec = try configuration.bart(wiring: .normalizedSums)
        spec.addSinusoids(SinusoidSpec())
        return spec
    }

    /// M2M-100 and NLLB: Pegasus whose positions begin at 2 (Fan et al. 2020; NLLB Team 2022).
    static let m2m100 = Family(
        name: "M2M-100", modelTypes: ["m2m_100"], tensorNames: bartNames.replacing([.output: "lm_head"]),
        defaults: ["scale_embedding": true, "activation_function": "relu"],
        ignoredTensors: bartCopies + ["embed_positions"]
    ) { configuration in
        var spec = try configuration.bart(wiring: .sequential)
        spec.output?.hasBias = false
        spec.addSinusoids(SinusoidSpec(offset: 2, reachesLast: true))
        return spec
    }

    /// Copies of the embedding that many files have.
    private static let bartCopies = ["encoder.embed_tokens", "decoder.embed_tokens", "lm_head.weight", ".version"]
    private static let bartNames: TensorNames = {
        func side(_ name: String) -> [TensorRole: TensorName] {
            func own(_ rest: String) -> TensorName { TensorName(stringLiteral: "\(name).layers.{}.\(rest)") }
            return [
                .query: own("self_attn.q_proj"), .key: own("self_attn.k_proj"), .value: own("self_attn.v_proj"),
                .attentionOutput: own("self_attn.out_proj"), .mixerNorm: own("self_attn_layer_norm"),
                .sourceQuery: own("encoder_attn.q_proj"), .sourceKey: own("encoder_attn.k_proj"),
                .sourceValue: own("encoder_attn.v_proj"), .sourceOutput: own("encoder_attn.out_proj"),
                .sourceNorm: own("encoder_attn_layer_norm"), .up: own("fc1"), .down: own("fc2"),
                .feedForwardNorm: own("final_layer_norm"),
                .positions: TensorName(stringLiteral: "\(name).embed_positions"),
                .embeddingNorm: TensorName(stringLiteral: "\(name).layernorm_embedding"),
                .finalNorm: TensorName(stringLiteral: "\(name).layer_norm"),
            ]
        }
        // What is added to logits is all that the output has of its own.
        let outside: [TensorRole: TensorName] = [.embedding: "shared", .output: "final_logits!"]
        return TensorNames(side("decoder").merging(outside) { $1 }, prefixes: ["model.", ""])
            .allowing([.embedding: "decoder.embed_tokens"]).withSource(side("encoder"))
    }()
}

extension Hyperparameters {
    /// An encoder and a decoder as BART has them, without positions.
    fileprivate func bart(wiring: LayerSpec.Wiring) throws -> NetworkSpec {
        let norm = NormSpec.layer(epsilon: 1e-5)
        let layer = try bartLayer("decoder", norm, wiring)
        var sourceLayer = try bartLayer("encoder", norm, wiring).asSource
        guard case .attention(let answers) = layer.mixer, case .attention(let sources) = sourceLayer.mixer,
            answers.shape.heads == sources.shape.heads
        else { throw error(.init("encoder_attention_heads"), "is not decoder_attention_heads, which is not supported") }
        sourceLayer.wiring = wiring
        func layers(_ name: String) throws -> Int { min(try count(.init(name)), Self.largestLayerCount) }
        let finalNorm = wiring == .sequential ? norm : nil
        let positions = try count(.contextLength)
        var spec = NetworkSpec(
            vocabularySize: try count(.vocabularySize), hiddenSize: try count(.hiddenSize),
            contextLength: 2 * positions,
            layers: [LayerSpec](repeating: layer, count: try layers("decoder_layers")), finalNorm: finalNorm,
            output: OutputSpec(sharesEmbedding: true, hasBias: true))
        let isScaled = try flag(.init("scale_embedding")) ?? false
        spec.embedding.scale = isScaled ? Float(spec.hiddenSize).squareRoot() : 1
        spec.source = SourceSpec(
            embedding: spec.embedding,
            layers: [LayerSpec](repeating: sourceLayer, count: try layers("encoder_layers")), finalNorm: finalNorm,
            contextLength: positions, answerLength: positions)
        return spec
    }

    private func bartLayer(_ side: String, _ norm: NormSpec, _ wiring: LayerSpec.Wiring) throws -> LayerSpec {
        let (width, headKey) = (try count(.hiddenSize), Key("\(side)_attention_heads"))
        let heads = try count(headKey)
        guard width % heads == 0 else { throw error(headKey, "is \(heads), which does not divide \(width)") }
        let shape = AttentionShape(heads: heads, keyValueHeads: heads, headSize: width / heads)
        var attention = AttentionSpec(shape: shape, rotary: nil)
        (attention.hasInputBias, attention.hasOutputBias) = (true, true)
        let network = FeedForwardSpec.plain(
            size: try count(.init("\(side)_ffn_dim")), try activation(or: .gelu), hasBias: true)
        var layer = LayerSpec(
            mixer: .attention(attention), mixerNorm: norm, feedForward: network, feedForwardNorm: norm)
        layer.wiring = wiring
        (layer.sourceAttention, layer.sourceNorm) = (SourceAttentionSpec(like: attention), norm)
        return layer
    }

    /// Tables whose first two rows stand for nothing, and a norm of the sum.
    fileprivate func addLearnedPositions(to spec: inout NetworkSpec) throws {
        let positions = LearnedPositions(rows: try count(.contextLength) + 2, offset: 2)
        (spec.embedding.positions, spec.embedding.norm) = (positions, .layer(epsilon: 1e-5))
        spec.source?.embedding.positions = positions
        spec.source?.embedding.norm = .layer(epsilon: 1e-5)
    }
}

extension NetworkSpec {
    fileprivate mutating func addSinusoids(_ sinusoids: SinusoidSpec) {
        embedding.sinusoids = sinusoids
        source?.embedding.sinusoids = sinusoids
    }
}
