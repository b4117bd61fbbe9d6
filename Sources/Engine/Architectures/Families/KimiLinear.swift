import JSONValues
import Tensors

extension Family {
    /// Kimi Linear: the gated delta rule with decays by channel, every fourth block latent attention without positions,
    /// experts as DeepSeek-V3's (Kimi Team 2025).
    static let kimiLinear = Family(
        name: "Kimi Linear", modelTypes: ["kimi_linear"], tensorNames: kimiLinearNames,
        defaults: [
            "rms_norm_eps": 1e-5, "moe_renormalize": true, "routed_scaling_factor": 2.446, "first_k_dense_replace": 1,
            "linear_head_dim": 128, "linear_num_heads": 32, "linear_conv_kernel_dim": 4, "num_shared_experts": 1,
        ]
    ) { configuration in
        var spec = try configuration.latentDecoder()
        let isFull = try configuration.kimiBlocks(spec.layers.count)
        let delta = try configuration.kimiDelta()
        for index in spec.layers.indices {
            spec.layers[index].mixer.rotary = nil
            if !isFull[index] { spec.layers[index].mixer = .gatedDelta(delta) }
        }
        try configuration.applySigmoidMixture(to: &spec)
        return spec
    }

    private static let kimiLinearNames = latentNames.replacing([
        .deltaQuery: "model.layers.{}.self_attn.q_proj", .deltaKey: "model.layers.{}.self_attn.k_proj",
        .deltaValue: "model.layers.{}.self_attn.v_proj", .queryConvolution: "model.layers.{}.self_attn.q_conv1d",
        .keyConvolution: "model.layers.{}.self_attn.k_conv1d", .valueConvolution: "model.layers.{}.self_attn.v_conv1d",
        .deltaStrength: "model.layers.{}.self_attn.b_proj", .deltaDecay: "model.layers.{}.self_attn.f_a_proj",
        .deltaDecayUp: "model.layers.{}.self_attn.f_b_proj", .deltaGate: "model.layers.{}.self_attn.g_a_proj",
        .deltaGateUp: "model.layers.{}.self_attn.g_b_proj", .aLog: "model.layers.{}.self_attn.A_log!",
        .deltaDecayBias: "model.layers.{}.self_attn.dt_bias!", .deltaNorm: "model.layers.{}.self_attn.o_norm",
        .outProjection: "model.layers.{}.self_attn.o_proj",
    ]).allowing([
        .gate: "model.layers.{}.block_sparse_moe.gate_proj", .up: "model.layers.{}.block_sparse_moe.up_proj",
        .down: "model.layers.{}.block_sparse_moe.down_proj", .router: "model.layers.{}.block_sparse_moe.gate",
        .choiceBias: "model.layers.{}.block_sparse_moe.gate.e_score_correction_bias!",
        .expertGate: "model.layers.{}.block_sparse_moe.experts.{e}.w1",
        .expertUp: "model.layers.{}.block_sparse_moe.experts.{e}.w3",
        .expertDown: "model.layers.{}.block_sparse_moe.experts.{e}.w2",
        .sharedGate: "model.layers.{}.block_sparse_moe.shared_experts.gate_proj",
        .sharedUp: "model.layers.{}.block_sparse_moe.shared_experts.up_proj",
        .sharedDown: "model.layers.{}.block_sparse_moe.shared_experts.down_proj",
    ])
}

extension Hyperparameters {
    /// Which blocks have softmax attention: those listed, which published configurations count from 1.
    fileprivate func kimiBlocks(_ layers: Int) throws -> [Bool] {
        if let listed = try value(.init("linear_attn_config.full_attn_layers"))?.arrayValue?.compactMap(\.intValue) {
            return (1...layers).map { listed.contains($0) }
        }
        guard try value(.init("layer_types")) != nil else { return (0..<layers).map { $0 > 0 && $0 % 4 == 0 } }
        return try blocks(layers, of: "full_attention", every: 4)
    }

    fileprivate func kimiDelta() throws -> GatedDeltaSpec {
        let headKey = Key("linear_attn_config.num_heads", "linear_num_heads")
        let (heads, size) = (try count(headKey), try count(.init("linear_attn_config.head_dim", "linear_head_dim")))
        _ = try product(heads, size, size, key: headKey)
        let shape = LinearAttentionShape(
            heads: heads, keyHeads: heads, keySize: size, valueSize: size, isDelta: true)
        var delta = GatedDeltaSpec(
            shape: shape,
            width: try count(.init("linear_attn_config.short_conv_kernel_size", "linear_conv_kernel_dim")),
            norm: try rmsNorm())
        (delta.rank, delta.gateActivation) = (size, .sigmoid)
        return delta
    }
}
