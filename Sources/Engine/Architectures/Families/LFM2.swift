import Tensors

extension Family {
    /// LFM2: gated short convolutions, attention in some blocks (Liquid AI 2025).
    static let lfm2 = Family(
        name: "LFM2", modelTypes: ["lfm2"], ggufArchitectures: ["lfm2"],
        tensorNames: .standard.replacing([
            .finalNorm: "model.embedding_norm", .mixerNorm: "model.layers.{}.operator_norm",
            .feedForwardNorm: "model.layers.{}.ffn_norm", .attentionOutput: "model.layers.{}.self_attn.out_proj",
            .queryNorm: "model.layers.{}.self_attn.q_layernorm", .keyNorm: "model.layers.{}.self_attn.k_layernorm",
            .inProjection: .fused("model.layers.{}.conv.in_proj"), .convolution: "model.layers.{}.conv.conv",
            .outProjection: "model.layers.{}.conv.out_proj", .gate: "model.layers.{}.feed_forward.w1",
            .up: "model.layers.{}.feed_forward.w3", .down: "model.layers.{}.feed_forward.w2",
        ]), ggufNames: lfm2GGUFNames
    ) { configuration in try lfm2Spec(configuration, network: configuration.lfm2NetworkSize()) }

    /// LFM2 with experts, chosen by sigmoids and a bias.
    static let lfm2MoE = Family(
        name: "LFM2 MoE", modelTypes: ["lfm2_moe"], ggufArchitectures: ["lfm2moe"],
        tensorNames: lfm2.tensorNames.replacing([
            .router: "model.layers.{}.feed_forward.gate", .choiceBias: "model.layers.{}.feed_forward.expert_bias!",
            .expertGate: "model.layers.{}.feed_forward.experts.{e}.w1",
            .expertUp: "model.layers.{}.feed_forward.experts.{e}.w3",
            .expertDown: "model.layers.{}.feed_forward.experts.{e}.w2",
        ]), ggufNames: lfm2GGUFNames,
        defaults: ["conv_L_cache": 3, "norm_topk_prob": true, "num_dense_layers": 2, "rope_theta": 1_000_000]
    ) { configuration in
        var spec = try lfm2Spec(configuration, network: configuration.count(.intermediateSize))
        var mixture = try configuration.mixture(
            size: configuration.count(.expertSize), renormalizes: configuration.flag(.init("norm_topk_prob")) ?? true)
        mixture.hasChoiceBias = try configuration.flag(.init("use_expert_bias")) ?? true
        mixture.routing.weighing = .sigmoid
        mixture.routing.sumOffset = 1e-6
        mixture.routing.scale = try configuration.positive(.init("routed_scaling_factor")) ?? 1
        let dense =
            try configuration.countIfPresent(.init("num_dense_layers", gguf: "leading_dense_block_count"), orZero: true)
            ?? 0
        spec.apply(mixture) { $0 >= dense }
        return spec
    }

    private static let lfm2GGUFNames = TensorNames.gguf.replacing([
        .finalNorm: "token_embd_norm", .inProjection: .fused("blk.{}.shortconv.in_proj"),
        .convolution: "blk.{}.shortconv.conv", .outProjection: "blk.{}.shortconv.out_proj",
    ])

    private static func lfm2Spec(_ configuration: Hyperparameters, network size: Int) throws -> NetworkSpec {
        let (norm, count) = (try configuration.rmsNorm(), try configuration.layerCount())
        var attention = try configuration.attention()
        attention.headNorm = HeadNormSpec(norm, .head)
        let width = try configuration.count(.init("conv_L_cache", gguf: "shortconv.l_cache"))
        let convolution = ShortConvolutionSpec(
            width: width, hasBias: try configuration.flag(.init("conv_bias")) ?? false)
        let network = FeedForwardSpec.gated(size: size, .silu)
        let attends = try configuration.lfm2Attends(count)
        let layers = (0..<count).map { index in
            LayerSpec(
                mixer: attends[index] ? .attention(attention) : .shortConvolution(convolution), mixerNorm: norm,
                feedForward: network, feedForwardNorm: norm)
        }
        var spec = try configuration.decoder(layers: layers, finalNorm: norm)
        spec.output?.sharesEmbedding =
            try configuration.flag(.sharesEmbedding) ?? configuration.flag(.init("tie_embedding")) ?? true
        return spec
    }
}

extension Hyperparameters {
    /// Which blocks have attention: listed by kind, or by number; all where nothing is said.
    fileprivate func lfm2Attends(_ layers: Int) throws -> [Bool] {
        let (kinds, numbers) = (Key("layer_types"), Key("full_attn_idxs"))
        if let listed = try value(kinds)?.arrayValue {
            guard listed.count == layers else {
                throw error(kinds, "lists \(listed.count) blocks, but there are \(layers)")
            }
            return listed.map { $0.stringValue != "conv" }
        }
        if isGGUF { return try attentionBlocks(layers, indices: "") }
        guard let listed = try value(numbers)?.arrayValue else { return [Bool](repeating: true, count: layers) }
        return (0..<layers).map { index in listed.contains { $0.intValue == index } }
    }

    /// The configured width, of which two thirds are left, times a factor, rounded up to a multiple.
    fileprivate func lfm2NetworkSize() throws -> Int {
        let key = Key("block_ff_dim", "intermediate_size")
        if isGGUF { return try count(.intermediateSize) }
        var size = try count(key)
        guard try flag(.init("block_auto_adjust_ff_dim")) ?? true else { return size }
        size = 2 * size / 3
        let factor = Key("block_ffn_dim_multiplier")
        guard let multiplier = try value(factor)?.doubleValue else { return size }
        let multiple = try countIfPresent(.init("block_multiple_of")) ?? 256
        let product = multiplier * Double(size)
        guard product >= 1, product <= Double(Self.largestCount) else {
            throw error(factor, "is \(multiplier), which makes networks \(product) wide")
        }
        return (Int(product) + multiple - 1) / multiple * multiple
    }
}
