import JSONValues

extension Family {
    /// GLM-4 9B and ChatGLM's later form: half of each head rotated by adjacent channels, biases (GLM Team 2024).
    static let glm = Family(
        name: "GLM", modelTypes: ["glm"], tensorNames: glmNames, defaults: glmDefaults
    ) { configuration in
        var spec = try configuration.llamaDecoder()
        spec.updateAttention { _, attention in
            attention.rotary?.layout = .adjacent
            attention.hasOutputBias = false
        }
        return spec
    }

    /// GLM-4-0414 and Z1: outputs are normalized, too.
    static let glm4 = Family(
        name: "GLM-4", modelTypes: ["glm4"],
        tensorNames: glmNames.replacing([
            .mixerOutputNorm: "model.layers.{}.post_self_attn_layernorm",
            .feedForwardOutputNorm: "model.layers.{}.post_mlp_layernorm",
        ]), defaults: glmDefaults
    ) { configuration in
        var spec = try glm.makeSpec(configuration)
        spec.normalizeOutputs(try configuration.rmsNorm())
        return spec
    }

    private static let glmNames = TensorNames.standard.replacing([
        .gate: .fused("model.layers.{}.mlp.gate_up_proj"), .up: .fused("model.layers.{}.mlp.gate_up_proj"),
    ])
    private static let glmDefaults: JSON.Object = [
        "attention_bias": true, "head_dim": 128, "partial_rotary_factor": 0.5, "rms_norm_eps": 1.5625e-7,
    ]
}
