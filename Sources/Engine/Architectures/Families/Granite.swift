import Tensors

extension Family {
    /// Granite 3: Llama with four factors (IBM 2024).
    static let granite = Family(
        name: "Granite", modelTypes: ["granite"], ggufArchitectures: ["granite"], tensorNames: .standard,
        ggufPermutesHeads: true
    ) { configuration in
        var spec = try llama.makeSpec(configuration)
        try configuration.applyGraniteFactors(to: &spec)
        return spec
    }

    /// Granite 3 with experts.
    static let graniteMoE = Family(
        name: "Granite MoE", modelTypes: ["granitemoe"], ggufArchitectures: ["granitemoe"],
        tensorNames: .standard.replacing([
            .router: "model.layers.{}.block_sparse_moe.router.layer",
            .expertGate: .fused("model.layers.{}.block_sparse_moe.input_linear"),
            .expertUp: .fused("model.layers.{}.block_sparse_moe.input_linear"),
            .expertDown: "model.layers.{}.block_sparse_moe.output_linear",
        ]),
        ggufPermutesHeads: true
    ) { configuration in
        let size = try configuration.count(.intermediateSize)
        var spec = try configuration.decoder(
            norm: configuration.rmsNorm(), attention: configuration.attention(ggufRotaryLayout: .adjacent),
            feedForward: .mixture(configuration.mixture(size: size, renormalizes: true)))
        try configuration.applyGraniteFactors(to: &spec)
        return spec
    }
}

extension Hyperparameters {
    fileprivate func applyGraniteFactors(to spec: inout NetworkSpec) throws {
        spec.embedding.scale = try positive(.init("embedding_multiplier", gguf: "embedding_scale")) ?? 1
        spec.output?.scale = 1 / (try positive(.init("logits_scaling", gguf: "logit_scale")) ?? 1)
        let residual = try positive(.init("residual_multiplier", gguf: "residual_scale")) ?? 1
        for index in spec.layers.indices { spec.layers[index].residualScale = residual }
        guard let scale = try positive(.init("attention_multiplier", gguf: "attention.scale")) else { return }
        spec.updateAttention { _, attention in attention.shape.scale = scale }
    }
}
