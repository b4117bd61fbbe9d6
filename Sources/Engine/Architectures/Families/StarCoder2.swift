import Tensors

extension Family {
    /// StarCoder2: grouped heads, biases, a window of 4096 (Lozhkov et al. 2024).
    static let starCoder2 = Family(
        name: "StarCoder2", modelTypes: ["starcoder2"], ggufArchitectures: ["starcoder2"],
        tensorNames: .standard.replacing([
            .up: "model.layers.{}.mlp.c_fc", .down: "model.layers.{}.mlp.c_proj",
        ])
    ) { configuration in
        let hasBias = try configuration.flag(.init("use_bias")) ?? true
        var attention = try configuration.attention()
        (attention.hasInputBias, attention.hasOutputBias) = (hasBias, hasBias)
        attention.shape.window = try configuration.window()
        var spec = try configuration.decoder(
            norm: configuration.layerNorm(), attention: attention,
            feedForward: configuration.plainNetwork(or: .geluTanh, hasBias: hasBias))
        spec.output?.sharesEmbedding = try configuration.flag(.sharesEmbedding) ?? true
        return spec
    }
}
