extension Family {
    /// MiniCPM 1 and 2: Llama whose sums and logits are scaled (Hu et al. 2024).
    static let miniCPM = Family(
        name: "MiniCPM", modelTypes: ["minicpm"], ggufArchitectures: ["minicpm"], tensorNames: .standard,
        defaults: ["tie_word_embeddings": true], ggufPermutesHeads: true,
        reference: publishedFormulas
    ) { configuration in
        var spec = try configuration.llamaDecoder(ggufRotaryLayout: .adjacent)
        try configuration.applyMiniCPMScales(to: &spec)
        return spec
    }

    /// MiniCPM3: MiniCPM with latent attention (OpenBMB 2024).
    static let miniCPM3 = Family(
        name: "MiniCPM3", modelTypes: ["minicpm3"], tensorNames: latentNames,
        defaults: ["rms_norm_eps": 1e-5, "tie_word_embeddings": true, "scale_emb": 1]
    ) { configuration in
        var spec = try configuration.latentDecoder()
        try configuration.applyMiniCPMScales(to: &spec)
        return spec
    }
}

extension Hyperparameters {
    fileprivate func applyMiniCPMScales(to spec: inout NetworkSpec) throws {
        spec.embedding.scale = try positive(.init("scale_emb", gguf: "embedding_scale")) ?? 1
        let layers = Float(spec.layers.count)
        let depth = try positive(.init("scale_depth")) ?? layers.squareRoot()
        let base = try countIfPresent(.init("dim_model_base")) ?? spec.hiddenSize
        // GGUF files have what follows from the configuration.
        spec.output?.scale = try 1 / (positive(.init(gguf: "logit_scale")) ?? (Float(spec.hiddenSize) / Float(base)))
        let scale = try positive(.init(gguf: "residual_scale")) ?? (depth / layers.squareRoot())
        for index in spec.layers.indices { spec.layers[index].residualScale = scale }
    }
}
