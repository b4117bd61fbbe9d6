extension Family {
    /// Hunyuan's dense models: heads are normalized after their rotation (Tencent 2025).
    static let hunyuan = Family(
        name: "Hunyuan", modelTypes: ["hunyuan_v1_dense"], tensorNames: hunyuanNames, defaults: ["rms_norm_eps": 1e-5]
    ) { configuration in
        var spec = try configuration.llamaDecoder()
        let norm = try configuration.rmsNorm()
        // "dynamic" with an alpha stretches the base once and for all.
        let alpha = try configuration.positive(
            .init("rope_scaling.alpha", "rope_parameters.alpha"))
        spec.updateAttention { _, attention in
            attention.headNorm = HeadNormSpec(norm, .head)
            attention.normalizesRotated = true
            if let alpha { attention.rotary?.scaling = .baseStretch(factor: alpha) }
        }
        return spec
    }

    /// Hunyuan A13B and alike: experts, and a network that all tokens use.
    static let hunyuanMoE = Family(
        name: "Hunyuan MoE", modelTypes: ["hunyuan_v1_moe"],
        tensorNames: hunyuanNames.replacing([
            .router: "model.layers.{}.mlp.gate.wg", .sharedGate: "model.layers.{}.mlp.shared_mlp.gate_proj",
            .sharedUp: "model.layers.{}.mlp.shared_mlp.up_proj",
            .sharedDown: "model.layers.{}.mlp.shared_mlp.down_proj",
        ]), defaults: ["rms_norm_eps": 1e-5]
    ) { configuration in
        var spec = try hunyuan.makeSpec(configuration)
        let size = try configuration.countIfPresent(.expertSize) ?? configuration.count(.intermediateSize)
        var mixture = try configuration.mixture(size: size, renormalizes: true)
        mixture.shared = DenseSpec(
            size: try configuration.count(.intermediateSize), activation: mixture.expert.activation, isGated: true)
        spec.apply(mixture)
        return spec
    }

    private static let hunyuanNames = TensorNames.standard.replacing([
        .queryNorm: "model.layers.{}.self_attn.query_layernorm", .keyNorm: "model.layers.{}.self_attn.key_layernorm",
    ])
}
