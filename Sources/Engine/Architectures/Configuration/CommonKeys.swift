import Platform
import Tensors

extension Hyperparameters.Key {
    static let hiddenSize = Self("hidden_size", "n_embd", "n_embed", "d_model", "dim", gguf: "embedding_length")
    static let layerCount = Self("num_hidden_layers", "n_layer", "n_layers", "num_layers", gguf: "block_count")
    static let heads = Self(
        "num_attention_heads", "n_head", "n_heads", "num_heads", "attention_heads", gguf: "attention.head_count")
    static let keyValueHeads = Self("num_key_value_heads", gguf: "attention.head_count_kv")
    static let headSize = Self("head_dim", gguf: "attention.key_length")
    static let intermediateSize = Self("intermediate_size", "n_inner", "hidden_dim", gguf: "feed_forward_length")
    static let contextLength = Self(
        "max_position_embeddings", "n_positions", "max_seq_len", "seq_length", "model_max_length",
        gguf: "context_length")
    static let vocabularySize = Self("vocab_size", gguf: "vocab_size")
    static let rmsEpsilon = Self("rms_norm_eps", gguf: "attention.layer_norm_rms_epsilon")
    static let layerEpsilon = Self(
        "layer_norm_eps", "layer_norm_epsilon", "norm_epsilon", "layernorm_epsilon", "norm_eps",
        gguf: "attention.layer_norm_epsilon")
    static let rotaryDimensions = Self("rotary_dim", gguf: "rope.dimension_count")
    static let window = Self("sliding_window", gguf: "attention.sliding_window")
    static let sharesEmbedding = Self("tie_word_embeddings")
    static let activation = Self(
        "hidden_act", "mlp_hidden_act", "hidden_activation", "activation_function", "activation")
    static let attentionBias = Self("attention_bias", "qkv_bias", "use_qkv_bias")
    static let experts = Self(
        "num_local_experts", "num_experts", "n_routed_experts", "moe_num_experts", "ffn_config.moe_num_experts",
        gguf: "expert_count")
    static let usedExperts = Self(
        "num_experts_per_tok", "num_experts_per_token", "moe_k", "moe_topk", "top_k_experts", "ffn_config.moe_top_k",
        gguf: "expert_used_count")
    static let expertSize = Self("moe_intermediate_size", gguf: "expert_feed_forward_length")
    static let clip = Self("clip_qkv", "attn_config.clip_qkv", gguf: "attention.clamp_kqv")
}

extension Hyperparameters {
    /// The number of blocks.
    func layerCount() throws -> Int {
        // GGUF files also count what guesses further tokens.
        let ahead = try countIfPresent(.init(gguf: "nextn_predict_layers"), orZero: true) ?? 0
        let count = try count(.layerCount) - ahead
        guard (1...Self.largestLayerCount).contains(count) else {
            throw error(.layerCount, "is \(count), not within 1 to the \(Self.largestLayerCount) that are supported")
        }
        return count
    }

    /// Root mean square normalization with the configuration's epsilon.
    func rmsNorm(weightOffset: Float = 0) throws -> NormSpec {
        // GGUF files always have it; a model with another one would run, only worse.
        if isGGUF { return .rms(epsilon: try requiredPositive(.rmsEpsilon), weightOffset: weightOffset) }
        return .rms(epsilon: try positive(.rmsEpsilon) ?? positive(.layerEpsilon) ?? 1e-6, weightOffset: weightOffset)
    }

    /// Layer normalization with the configuration's epsilon.
    func layerNorm(hasWeight: Bool = true, hasBias: Bool = true) throws -> NormSpec {
        let epsilon = isGGUF ? try requiredPositive(.layerEpsilon) : try positive(.layerEpsilon) ?? 1e-5
        return .layer(epsilon: epsilon, hasWeight: hasWeight, hasBias: hasBias)
    }

    /// The activation that the configuration names, or `other` where it names none.
    func activation(or other: Activation) throws -> Activation {
        guard let name = try text(.activation) else { return other }
        switch name {
        case "silu", "swish", "swiglu": return .silu
        case "gelu": return .gelu
        case "gelu_new", "gelu_pytorch_tanh", "gelu_fast", "gelu_python_tanh": return .geluTanh
        case "relu": return .relu
        case "relu2": return .reluSquared
        default: throw error(.activation, "is \(name), which is not supported")
        }
    }

    /// A gated network as wide as the configuration says.
    func gatedNetwork(or activation: Activation = .silu, hasBias: Bool = false) throws -> FeedForwardSpec {
        .gated(size: try count(.intermediateSize), try self.activation(or: activation), hasBias: hasBias)
    }

    /// A network of two matrices; four times as wide as the stream where the configuration says nothing.
    func plainNetwork(or activation: Activation, hasBias: Bool = true) throws -> FeedForwardSpec {
        let size = try countIfPresent(.intermediateSize) ?? (4 * count(.hiddenSize))
        return .plain(size: size, try self.activation(or: activation), hasBias: hasBias)
    }

    /// Experts with gated networks; `size` is a network's width.
    func mixture(size: Int, renormalizes: Bool, activation: Activation = .silu) throws -> MixtureSpec {
        let (experts, used) = (try count(.experts), try count(.usedExperts))
        guard used <= experts else { throw error(.usedExperts, "is \(used), but there are \(experts) experts") }
        return MixtureSpec(
            expert: DenseSpec(size: size, activation: try self.activation(or: activation), isGated: true),
            routing: Routing(experts: experts, used: used, renormalizes: renormalizes))
    }

    /// Attention as most families have it: grouped heads, all or a part of their channels rotated.
    func attention(
        ggufRotaryLayout: RotaryLayout = .halves, keyValueHeads: Int? = nil, isRotary: Bool = true
    ) throws -> AttentionSpec {
        let (hiddenSize, heads) = (try count(.hiddenSize), try count(.heads))
        let keyValueHeads = try keyValueHeads ?? countIfPresent(.keyValueHeads) ?? heads
        guard heads % keyValueHeads == 0 else {
            throw error(.keyValueHeads, "is \(keyValueHeads), which does not divide the \(heads) query heads")
        }
        let headSize = try countIfPresent(.headSize) ?? (hiddenSize / heads)
        guard headSize > 0 else { throw error(.headSize, "is \(headSize)") }
        _ = try product(heads, headSize, key: .headSize)
        let shape = AttentionShape(heads: heads, keyValueHeads: keyValueHeads, headSize: headSize)
        return AttentionSpec(
            shape: shape,
            rotary: isRotary ? try rotary(headSize: headSize, layout: isGGUF ? ggufRotaryLayout : .halves) : nil)
    }

    /// Rotary positions as the configuration describes them.
    ///
    /// - Parameter isPart: whether `headSize` channels are already those that the configuration says to rotate.
    func rotary(headSize: Int, layout: RotaryLayout, isPart: Bool = false) throws -> RotarySpec {
        var dimensions = try isPart ? headSize : countIfPresent(.rotaryDimensions) ?? headSize
        let fractionKey = rotaryKey("partial_rotary_factor", "rotary_pct", "rope_pct", "rotary_emb_fraction")
        if !isPart, let fraction = try positive(fractionKey) {
            guard fraction <= 1 else { throw error(fractionKey, "is \(fraction); at most 1 is possible") }
            dimensions = Int(fraction * Float(headSize))
        }
        guard dimensions > 1, dimensions % 2 == 0, dimensions <= headSize else {
            throw error(
                isGGUF ? .rotaryDimensions : fractionKey,
                "leads to \(dimensions) rotated channels; an even number up to the head's \(headSize) is needed")
        }
        let context = try countIfPresent(.contextLength) ?? Self.defaultContext
        let layout = try flag(.init("rope_interleave")) ?? false ? RotaryLayout.adjacent : layout
        return RotarySpec(
            dimensions: dimensions, base: try positive(rotaryBaseKey) ?? 10_000, layout: layout,
            scaling: try rotaryScaling(dimensions: dimensions, contextLength: context))
    }

    /// The window of attention; 0 stands for none.
    func window() throws -> Int? {
        let window = try countIfPresent(.window, orZero: true)
        return window == 0 ? nil : window
    }

    /// Which blocks see a window only, where the configuration lists it.
    func slidingLayers(_ layers: Int) throws -> [Bool]? {
        let key = Key("layer_types", gguf: "attention.sliding_window_pattern")
        guard let types = try value(key)?.arrayValue else { return nil }
        guard types.count == layers else { throw error(key, "lists \(types.count) blocks, but there are \(layers)") }
        return types.map { $0.boolValue ?? ($0.stringValue == "sliding_attention") }
    }

    /// Which blocks see a window only: those listed, else all but every `period`th.
    func slidingLayers(_ layers: Int, every period: Int) throws -> [Bool] {
        try slidingLayers(layers) ?? (0..<layers).map { ($0 + 1) % period != 0 }
    }

    /// A decoder as Llama's: root mean square norms, grouped rotary attention, a gated network, biases where the
    /// configuration has them.
    func llamaDecoder(ggufRotaryLayout: RotaryLayout = .halves) throws -> NetworkSpec {
        var attention = try attention(ggufRotaryLayout: ggufRotaryLayout)
        attention.hasInputBias = try flag(.attentionBias, orTensor: "blk.0.attn_q.bias") ?? false
        attention.hasOutputBias = try flag(.attentionBias, orTensor: "blk.0.attn_output.bias") ?? false
        return try decoder(
            norm: rmsNorm(), attention: attention,
            feedForward: gatedNetwork(hasBias: flag(.init("mlp_bias"), orTensor: "blk.0.ffn_up.bias") ?? false))
    }

    /// A decoder in which all blocks are alike: what a family changes is changed afterwards. With `sharesNorm` the network
    /// of a parallel block reads what the mixer reads.
    func decoder(
        norm: NormSpec, attention: AttentionSpec, feedForward: FeedForwardSpec,
        wiring: LayerSpec.Wiring = .sequential, sharesNorm: Bool = false
    ) throws -> NetworkSpec {
        var layer = LayerSpec(
            mixer: .attention(attention), mixerNorm: norm, feedForward: feedForward,
            feedForwardNorm: sharesNorm ? nil : norm)
        layer.wiring = wiring
        return try decoder(layers: [LayerSpec](repeating: layer, count: layerCount()), finalNorm: norm)
    }

    /// A decoder of the given blocks.
    func decoder(layers: [LayerSpec], finalNorm: NormSpec?) throws -> NetworkSpec {
        NetworkSpec(
            vocabularySize: try countIfPresent(.vocabularySize) ?? 0, hiddenSize: try count(.hiddenSize),
            contextLength: try stretchedContext(), layers: layers,
            finalNorm: finalNorm, output: OutputSpec(sharesEmbedding: try flag(.sharesEmbedding) ?? false))
    }

    /// The positions that a text may take: of kinds of scaling that stretch the configured number, that many times more.
    private func stretchedContext() throws -> Int {
        let context = try isGGUF ? count(.contextLength) : countIfPresent(.contextLength) ?? Self.defaultContext
        func key(_ name: String) -> Key { Key("\(rotaryGroup).\(name)") }
        let factor = try positive(key("factor")) ?? 1
        switch try text(key("rope_type")) ?? text(key("type")) {
        case "linear", "dynamic": return try stretched(context, by: factor, key: key("factor"))
        case "yarn":
            let original = try countIfPresent(key("original_max_position_embeddings")) ?? context
            return max(context, try stretched(original, by: factor, key: key("factor")))
        default: return context
        }
    }

    /// The context of models whose configuration says nothing.
    static let defaultContext = 2048
}

extension AttentionShape {
    /// ALiBi's slopes for `heads` heads: powers of 2^(-maximum / heads), every second one of twice as many heads for those
    /// beyond a power of two (Press et al. 2022).
    static func linearBiases(heads: Int, maximum: Float = 8) -> [Float] {
        var power = 1
        while 2 * power <= heads { power *= 2 }
        let first = (1...power).map { exp2f(-maximum * Float($0) / Float(power)) }
        let others = (0..<heads - power).map { exp2f(-maximum * Float(2 * $0 + 1) / Float(2 * power)) }
        return first + others
    }
}

extension NetworkSpec {
    /// Gives windows to some blocks, and takes the positions from the others where `positionsInWindows` says so.
    mutating func applyWindows(_ sliding: [Bool], of window: Int?, positionsInWindows: Bool = false) {
        updateAttention { layer, attention in
            attention.shape.window = sliding[layer] ? window : nil
            if positionsInWindows, !sliding[layer] { attention.rotary = nil }
        }
    }

    /// Normalizes what the parts of each block give, instead of what they read or besides.
    mutating func normalizeOutputs(_ norm: NormSpec, insteadOfInputs: Bool = false) {
        for index in layers.indices {
            (layers[index].mixerOutputNorm, layers[index].feedForwardOutputNorm) = (norm, norm)
            if insteadOfInputs { (layers[index].mixerNorm, layers[index].feedForwardNorm) = (nil, nil) }
        }
    }

    /// Puts mixtures in the place of the networks of some blocks.
    mutating func apply(_ mixture: MixtureSpec, to isMixture: (Int) -> Bool = { _ in true }) {
        for index in layers.indices where isMixture(index) { layers[index].feedForward = .mixture(mixture) }
    }

    /// Changes the attention of every block that has it.
    mutating func updateAttention(_ change: (_ layer: Int, inout AttentionSpec) throws -> Void) rethrows {
        for index in layers.indices {
            guard case .attention(var attention) = layers[index].mixer else { continue }
            try change(index, &attention)
            layers[index].mixer = .attention(attention)
        }
    }
}
