import JSONValues
import Tensors

extension Family {
    /// Qwen3-Next: three blocks in four with the gated delta rule, the others with gated attention; experts (Qwen Team 2025).
    static let qwen3Next = Family(
        name: "Qwen3-Next", modelTypes: ["qwen3_next"], ggufArchitectures: ["qwen3next"],
        tensorNames: deltaNames.replacing([
            .deltaQuery: .fused("model.layers.{}.linear_attn.in_proj_qkvz", .grouped),
            .deltaKey: .fused("model.layers.{}.linear_attn.in_proj_qkvz", .grouped),
            .deltaValue: .fused("model.layers.{}.linear_attn.in_proj_qkvz", .grouped),
            .deltaStrength: .fused("model.layers.{}.linear_attn.in_proj_ba", .grouped),
        ]),
        ggufNames: deltaGGUFNames.replacing([.deltaStrength: .fused("blk.{}.ssm_ba", .grouped)]),
        defaults: qwen35Defaults
    ) { configuration in
        var spec = try qwen35.makeSpec(configuration)
        for index in spec.layers.indices {
            guard case .gatedDelta(var delta) = spec.layers[index].mixer else { continue }
            (delta.isGroupedByHead, delta.shape.keysTakeTurns) = (true, false)
            spec.layers[index].mixer = .gatedDelta(delta)
        }
        return spec
    }

    /// Qwen3.5, dense and with experts: Qwen3-Next with the tensors apart.
    static let qwen35 = Family(
        name: "Qwen3.5", modelTypes: ["qwen3_5", "qwen3_5_text", "qwen3_5_moe", "qwen3_5_moe_text"],
        ggufArchitectures: ["qwen35", "qwen35moe"],
        tensorNames: deltaNames.replacing([
            .deltaQuery: .fused("model.layers.{}.linear_attn.in_proj_qkv"),
            .deltaKey: .fused("model.layers.{}.linear_attn.in_proj_qkv"),
            .deltaValue: .fused("model.layers.{}.linear_attn.in_proj_qkv"),
            .deltaGate: "model.layers.{}.linear_attn.in_proj_z",
            .deltaStrength: "model.layers.{}.linear_attn.in_proj_b",
            .deltaDecay: "model.layers.{}.linear_attn.in_proj_a",
        ]), ggufNames: deltaGGUFNames, defaults: qwen35Defaults
    ) { configuration in
        let (norm, count) = (
            try configuration.rmsNorm(weightOffset: configuration.isGGUF ? 0 : 1), try configuration.layerCount()
        )
        var attention = try configuration.attention()
        attention.headNorm = HeadNormSpec(norm, .head)
        attention.gate = .withQuery
        attention.hasInputBias = try configuration.flag(.attentionBias) ?? false
        attention.hasOutputBias = attention.hasInputBias
        var delta = try configuration.gatedDelta()
        (delta.hasOwnGates, delta.shape.keysTakeTurns) = (configuration.isGGUF, configuration.isGGUF)
        let period =
            try configuration.countIfPresent(.init("full_attention_interval", gguf: "full_attention_interval")) ?? 4
        let recurrent = try configuration.value(.init(gguf: "attention.recurrent_layers"))?.arrayValue
        let isFull =
            try recurrent.flatMap { $0.count >= count ? $0.prefix(count).map { $0.boolValue == false } : nil }
            ?? configuration.blocks(count, of: "full_attention", every: period)
        let hasExperts = try configuration.countIfPresent(.experts, orZero: true) ?? 0 > 0
        let network: FeedForwardSpec =
            hasExperts ? .mixture(try configuration.qwenMixture()) : try configuration.gatedNetwork()
        let layers = (0..<count).map { index in
            LayerSpec(
                mixer: isFull[index] ? .attention(attention) : .gatedDelta(delta), mixerNorm: norm,
                feedForward: network,
                feedForwardNorm: norm)
        }
        var spec = try configuration.decoder(layers: layers, finalNorm: norm)
        if hasExperts { try configuration.applyDenseLayers(to: &spec) }
        return spec
    }

    private static let qwen35Defaults: JSON.Object = [
        "head_dim": 256, "partial_rotary_factor": 0.25, "linear_conv_kernel_dim": 4, "linear_key_head_dim": 128,
        "linear_value_head_dim": 128, "linear_num_key_heads": 16, "linear_num_value_heads": 32, "norm_topk_prob": true,
    ]
    private static let deltaGGUFNames = TensorNames.gguf.replacing([
        .query: .fused("blk.{}.attn_q", .grouped), .key: "blk.{}.attn_k", .value: "blk.{}.attn_v",
        .deltaQuery: .fused("blk.{}.attn_qkv"), .deltaKey: .fused("blk.{}.attn_qkv"),
        .deltaValue: .fused("blk.{}.attn_qkv"), .deltaGate: "blk.{}.attn_gate",
        .deltaStrength: "blk.{}.ssm_beta", .deltaDecay: "blk.{}.ssm_alpha", .deltaDecayBias: "blk.{}.ssm_dt.bias!",
        .deltaNorm: "blk.{}.ssm_norm", .feedForwardNorm: "blk.{}.post_attention_norm",
    ])
    private static let deltaNames = TensorNames.standard.replacing([
        .query: .fused("model.layers.{}.self_attn.q_proj", .grouped),
        .convolution: "model.layers.{}.linear_attn.conv1d", .aLog: "model.layers.{}.linear_attn.A_log!",
        .deltaDecayBias: "model.layers.{}.linear_attn.dt_bias!", .deltaNorm: "model.layers.{}.linear_attn.norm",
        .outProjection: "model.layers.{}.linear_attn.out_proj",
    ]).allowing([
        .expertGate: .fused("model.layers.{}.mlp.experts.gate_up_proj!"),
        .expertUp: .fused("model.layers.{}.mlp.experts.gate_up_proj!"),
        .expertDown: "model.layers.{}.mlp.experts.down_proj!",
    ])
}

extension Hyperparameters {
    /// Which blocks are of a kind: those that the configuration lists, else every `period`th.
    func blocks(_ layers: Int, of kind: String, every period: Int) throws -> [Bool] {
        let key = Key("layer_types", "layers_block_type")
        guard let types = try value(key)?.arrayValue else { return (0..<layers).map { ($0 + 1) % period == 0 } }
        guard types.count == layers else { throw error(key, "lists \(types.count) blocks, but there are \(layers)") }
        return types.map { $0.stringValue == kind }
    }

    func gatedDelta() throws -> GatedDeltaSpec {
        let heads = Key("linear_num_value_heads", gguf: "ssm.time_step_rank")
        let valueKey = Key("linear_value_head_dim")
        let valueSize =
            try isGGUF ? count(.init(gguf: "ssm.inner_size")) / count(heads) : count(valueKey)
        let shape = LinearAttentionShape(
            heads: try count(heads), keyHeads: try count(.init("linear_num_key_heads", gguf: "ssm.group_count")),
            keySize: try count(.init("linear_key_head_dim", gguf: "ssm.state_size")), valueSize: valueSize,
            isDelta: true)
        guard shape.heads % shape.keyHeads == 0, valueSize > 0 else {
            throw error(heads, "is \(shape.heads), which the \(shape.keyHeads) key heads do not divide")
        }
        _ = try product(shape.heads, shape.keySize, shape.valueSize, key: heads)
        return GatedDeltaSpec(
            shape: shape, width: try count(.init("linear_conv_kernel_dim", gguf: "ssm.conv_kernel")),
            norm: .rms(epsilon: try positive(.rmsEpsilon) ?? 1e-6))
    }

    /// Qwen's experts, and the network that all tokens use by a gate.
    fileprivate func qwenMixture() throws -> MixtureSpec {
        var mixture = try mixture(size: count(.expertSize), renormalizes: flag(.init("norm_topk_prob")) ?? true)
        mixture.shared = mixture.expert
        mixture.shared?.size = try count(
            .init("shared_expert_intermediate_size", gguf: "expert_shared_feed_forward_length"))
        mixture.sharedIsGated = true
        return mixture
    }
}
