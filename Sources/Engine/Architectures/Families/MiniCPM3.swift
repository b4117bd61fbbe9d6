extension Family {
    /// MiniCPM3: latent attention in a dense model, whose sums and logits are scaled (OpenBMB 2024).
    static let miniCPM3 = Family(
        name: "MiniCPM3", modelTypes: ["minicpm3"], tensorNames: latentNames,
        defaults: ["rms_norm_eps": 1e-5, "tie_word_embeddings": true, "scale_emb": 1]
    ) { configuration in
        var spec = try configuration.latentDecoder()
        spec.embedding.scale = try configuration.positive(.init("scale_emb")) ?? 1
        let layers = Float(spec.layers.count)
        let depth = try configuration.positive(.init("scale_depth")) ?? layers.squareRoot()
        let base = try configuration.countIfPresent(.init("dim_model_base")) ?? spec.hiddenSize
        spec.output?.scale = Float(base) / Float(spec.hiddenSize)
        for index in spec.layers.indices { spec.layers[index].residualScale = depth / layers.squareRoot() }
        return spec
    }
}
