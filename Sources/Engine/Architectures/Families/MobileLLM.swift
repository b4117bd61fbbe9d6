import Tensors

extension Family {
    /// MobileLLM: Llama whose output is the embedding, and each of whose blocks may run twice (Liu et al. 2024).
    static let mobileLLM = Family(
        name: "MobileLLM", modelTypes: ["mobilellm"], tensorNames: .standard, reference: publishedFormulas
    ) { configuration in
        var spec = try llama.makeSpec(configuration)
        if try configuration.flag(.init("share_embedding")) ?? false { spec.output?.sharesEmbedding = true }
        guard try configuration.flag(.init("layer_sharing")) ?? false else { return spec }
        spec.layers = spec.layers.enumerated().flatMap { index, layer in
            var layer = layer
            layer.fileLayer = index
            return [layer, layer]
        }
        return spec
    }
}
