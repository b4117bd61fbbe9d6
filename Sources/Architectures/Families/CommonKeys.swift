import Tensors

extension Hyperparameters.Key {
    static let hiddenSize = Self("hidden_size", gguf: "embedding_length")
    static let layerCount = Self("num_hidden_layers", gguf: "block_count")
    static let heads = Self("num_attention_heads", gguf: "attention.head_count")
    static let keyValueHeads = Self("num_key_value_heads", gguf: "attention.head_count_kv")
    static let headSize = Self("head_dim", gguf: "attention.key_length")
    static let intermediateSize = Self("intermediate_size", gguf: "feed_forward_length")
    static let contextLength = Self("max_position_embeddings", gguf: "context_length")
    static let vocabularySize = Self("vocab_size", gguf: "vocab_size")
    static let rmsEpsilon = Self("rms_norm_eps", gguf: "attention.layer_norm_rms_epsilon")
    static let rotaryBase = Self("rope_theta", gguf: "rope.freq_base")
    static let newRotaryBase = Self("rope_parameters.rope_theta", gguf: "rope.freq_base")
    static let rotaryDimensions = Self("rotary_dim", gguf: "rope.dimension_count")
    static let window = Self("sliding_window", gguf: "attention.sliding_window")
    static let sharesEmbedding = Self("tie_word_embeddings", gguf: "tie_word_embeddings")
    static let activation = Self("hidden_act", gguf: "hidden_act")
}

extension Hyperparameters {
    /// The spec that the Llama line shares; `attention` may change what a member does differently.
    func llamaLikeSpec(
        ggufRotaryLayout: RotaryLayout, adjust: (_ layer: Int, inout AttentionSpec) throws -> Void
    ) throws -> DecoderSpec {
        if let activation = try text(.activation), activation != "silu" {
            throw error(.activation, "is \(activation), which this family does not have; only silu is known")
        }
        let hiddenSize = try count(.hiddenSize)
        let heads = try count(.heads)
        let keyValueHeads = try countIfPresent(.keyValueHeads) ?? heads
        guard heads % keyValueHeads == 0 else {
            throw error(.keyValueHeads, "is \(keyValueHeads), which does not divide the \(heads) query heads")
        }
        let headSize = try countIfPresent(.headSize) ?? (hiddenSize / heads)
        guard headSize > 0, headSize % 2 == 0 else {
            throw error(.headSize, "is \(headSize); an even number is needed")
        }
        if let rotated = try countIfPresent(.rotaryDimensions), rotated != headSize {
            throw error(
                .rotaryDimensions,
                "is \(rotated), but heads have \(headSize) channels: partial rotation is not supported")
        }
        let norm = NormSpec.rms(epsilon: try positive(.rmsEpsilon) ?? 1e-6)
        let contextLength = try countIfPresent(.contextLength) ?? 2048
        let rotary = RotarySpec(
            dimensions: headSize, base: try positive(.rotaryBase) ?? positive(.newRotaryBase) ?? 10_000,
            layout: isGGUF ? ggufRotaryLayout : .halves, scaling: try rotaryScaling(contextLength: contextLength))
        let feedForward = FeedForwardSpec.gatedSiLU(intermediateSize: try count(.intermediateSize))
        let shape = AttentionShape(heads: heads, keyValueHeads: keyValueHeads, headSize: headSize)
        let layerCount = try count(.layerCount)
        guard layerCount <= Self.largestLayerCount else {
            throw error(.layerCount, "is \(layerCount), more than the \(Self.largestLayerCount) that are supported")
        }
        let layers = try (0..<layerCount).map { layer in
            var attention = AttentionSpec(shape: shape, rotary: rotary)
            try adjust(layer, &attention)
            return LayerSpec(
                mixerNorm: norm, mixer: .attention(attention), feedForwardNorm: norm, feedForward: feedForward)
        }
        return DecoderSpec(
            vocabularySize: try countIfPresent(.vocabularySize) ?? 0, hiddenSize: hiddenSize,
            contextLength: contextLength, layers: layers, finalNorm: norm,
            sharesEmbedding: try flag(.sharesEmbedding) ?? false)
    }

    private func rotaryScaling(contextLength: Int) throws -> RotarySpec.Scaling {
        if isGGUF {
            let type = Key("", gguf: "rope.scaling.type")
            switch try text(type) ?? "none" {
            case "none": return .none
            case "linear": return .linear(factor: try scalingNumber(Key("", gguf: "rope.scaling.factor")))
            case let name: throw error(type, "is \(name), which is not supported")
            }
        }
        let group = try value(Key("rope_scaling", gguf: "")) != nil ? "rope_scaling" : "rope_parameters"
        func key(_ name: String) -> Key { Key("\(group).\(name)", gguf: "") }
        switch try text(key("rope_type")) ?? text(key("type")) ?? "default" {
        case "default": return .none
        case "linear": return .linear(factor: try scalingNumber(key("factor")))
        case "llama3":
            return .piecewise(
                factor: try scalingNumber(key("factor")), lowFrequencyFactor: try scalingNumber(key("low_freq_factor")),
                highFrequencyFactor: try scalingNumber(key("high_freq_factor")),
                originalContext: try count(key("original_max_position_embeddings")))
        case let name: throw error(key("rope_type"), "is \(name), which is not supported")
        }
    }

    private func scalingNumber(_ key: Key) throws -> Float {
        guard let number = try positive(key) else { throw error(key, "is missing") }
        return number
    }

    private func positive(_ key: Key) throws -> Float? {
        guard let number = try number(key) else { return nil }
        guard number > 0 else { throw error(key, "is \(number); a positive number is needed") }
        return number
    }
}
