import Tensors

extension Family {
    /// MiMo-V2-Flash: most blocks see a window, with twice as many key/value heads and a sink for each query head; values
    /// narrower than keys, experts as DeepSeek-V3's (Xiaomi 2025).
    static let miMoV2 = Family(
        name: "MiMo-V2", modelTypes: ["mimo_v2_flash"],
        tensorNames: .sigmoidRouted.replacing([
            .attentionSinks: "model.layers.{}.self_attn.attention_sink_bias!"
        ]),
        defaults: [
            "head_dim": 192, "v_head_dim": 128, "attention_value_scale": 0.707, "sliding_window": 129,
            "rms_norm_eps": 1e-5, "norm_topk_prob": true, "first_k_dense_replace": 1, "rope_theta": 5_000_000,
            "partial_rotary_factor": 0.334,
        ]
    ) { configuration in
        var spec = try configuration.rotaryOf("full_attention").llamaDecoder()
        let local = configuration.rotaryOf("sliding_attention")
        let sliding =
            try configuration.slidingLayers(spec.layers.count)
            ?? spec.layers.indices.map { $0 > 0 && ($0 + 1) % 6 != 0 }
        // What counts in some configurations is how many positions are seen before a token's own.
        let before = try configuration.countIfPresent(.init("sliding_window_size"))
        let window = try before.map { $0 + 1 } ?? configuration.window()
        let valueSize = try configuration.count(.init("v_head_dim"))
        let scale = try configuration.positive(.init("attention_value_scale")) ?? 1
        try spec.updateAttention { layer, attention in
            let heads = attention.shape.keyValueHeads * (sliding[layer] ? 2 : 1)
            guard attention.shape.heads % heads == 0 else {
                throw configuration.error(.keyValueHeads, "leads to \(heads) heads, which do not divide the queries'")
            }
            attention.shape.keyValueHeads = heads
            attention.shape.valueSize = valueSize
            (attention.valueScale, attention.hasOutputBias) = (scale, false)
            guard sliding[layer] else { return }
            (attention.shape.window, attention.hasSinks) = (window, true)
            attention.rotary = try local.localRotary(of: attention, base: 10_000)
        }
        try configuration.applySigmoidMixture(to: &spec, hasSharedExperts: false)
        return spec
    }
}

extension Hyperparameters {
    /// Positions as an attention's, with a base of their own.
    fileprivate func localRotary(of attention: AttentionSpec, base: Float) throws -> RotarySpec {
        guard try value(.init("rope_parameters.rope_theta")) == nil else {
            return try rotary(headSize: attention.shape.headSize, layout: .halves)
        }
        var rotary = try rotary(headSize: attention.shape.headSize, layout: .halves)
        rotary.base = try positive(.init("swa_rope_theta")) ?? base
        return rotary
    }
}
