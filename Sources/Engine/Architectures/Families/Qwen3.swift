import Tensors

extension Family {
    /// Qwen3: heads of their own size, normalized (Yang et al. 2025).
    static let qwen3 = Family(
        name: "Qwen3", modelTypes: ["qwen3", "qwen3_vl", "qwen3_vl_text"], ggufArchitectures: ["qwen3"],
        tensorNames: .standard
    ) { configuration in
        var spec = try configuration.decoder(
            norm: configuration.rmsNorm(), attention: configuration.qwen3Attention(),
            feedForward: configuration.gatedNetwork())
        try configuration.applyQwenWindow(to: &spec)
        return spec
    }

    /// Qwen3 with experts.
    static let qwen3MoE = Family(
        name: "Qwen3 MoE", modelTypes: ["qwen3_moe", "qwen3_vl_moe", "qwen3_vl_moe_text"],
        ggufArchitectures: ["qwen3moe"],
        tensorNames: TensorNames.standard.allowing([
            .expertGate: .fused("model.layers.{}.mlp.experts.gate_up_proj!").transposed,
            .expertUp: .fused("model.layers.{}.mlp.experts.gate_up_proj!").transposed,
            .expertDown: TensorName(stringLiteral: "model.layers.{}.mlp.experts.down_proj!").transposed,
        ])
    ) { configuration in
        let renormalizes = try configuration.flag(.init("norm_topk_prob")) ?? configuration.isGGUF
        let mixture = try configuration.mixture(size: configuration.count(.expertSize), renormalizes: renormalizes)
        var spec = try configuration.decoder(
            norm: configuration.rmsNorm(), attention: configuration.qwen3Attention(), feedForward: .mixture(mixture))
        try configuration.applyDenseLayers(to: &spec)
        try configuration.applyQwenWindow(to: &spec)
        return spec
    }
}

extension Hyperparameters {
    fileprivate func qwen3Attention() throws -> AttentionSpec {
        var attention = try attention()
        attention.headNorm = HeadNormSpec(try rmsNorm(), .head)
        attention.hasInputBias = try flag(.attentionBias) ?? false
        attention.hasOutputBias = attention.hasInputBias
        return attention
    }
}
