import Tensors

extension Family {
    /// Mistral 7B and NeMo: Llama with a sliding window in v0.1 (Jiang et al. 2023).
    static let mistral = Family(
        name: "Mistral", modelTypes: ["mistral"], ggufArchitectures: ["mistral"], tensorNames: .standard,
        ggufPermutesHeads: true
    ) { configuration in
        var attention = try configuration.attention(ggufRotaryLayout: .adjacent)
        attention.shape.window = try configuration.window()
        return try configuration.decoder(
            norm: configuration.rmsNorm(), attention: attention, feedForward: configuration.gatedNetwork())
    }

    /// Mixtral: Mistral with experts, the weights of the two used brought to a sum of 1 (Jiang et al. 2024).
    static let mixtral = Family(
        name: "Mixtral", modelTypes: ["mixtral"], ggufArchitectures: ["llama"],
        tensorNames: .standard.replacing([
            .router: "model.layers.{}.block_sparse_moe.gate",
            .expertGate: "model.layers.{}.block_sparse_moe.experts.{e}.w1",
            .expertUp: "model.layers.{}.block_sparse_moe.experts.{e}.w3",
            .expertDown: "model.layers.{}.block_sparse_moe.experts.{e}.w2",
        ]),
        ggufPermutesHeads: true
    ) { configuration in
        var spec = try mistral.makeSpec(configuration)
        let size = try configuration.count(.intermediateSize)
        let mixture = try configuration.mixture(size: size, renormalizes: true)
        for index in spec.layers.indices { spec.layers[index].feedForward = .mixture(mixture) }
        return spec
    }
}
