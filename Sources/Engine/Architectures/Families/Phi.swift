import Tensors

extension Family {
    /// Phi 1, 1.5 and 2: mixer and network side by side after one norm, biases everywhere (Gunasekar et al. 2023).
    static let phi = Family(
        name: "Phi", modelTypes: ["phi"], ggufArchitectures: ["phi2"],
        tensorNames: .standard.replacing([
            .finalNorm: "model.final_layernorm", .attentionOutput: "model.layers.{}.self_attn.dense",
            .up: "model.layers.{}.mlp.fc1", .down: "model.layers.{}.mlp.fc2",
            .queryNorm: "model.layers.{}.self_attn.q_layernorm", .keyNorm: "model.layers.{}.self_attn.k_layernorm",
        ])
    ) { configuration in
        var attention = try configuration.attention()
        (attention.hasInputBias, attention.hasOutputBias) = (true, true)
        if try configuration.flag(.init("qk_layernorm")) ?? false {
            attention.headNorm = HeadNormSpec(try configuration.layerNorm(), .head)
        }
        var spec = try configuration.decoder(
            norm: configuration.layerNorm(), attention: attention,
            feedForward: configuration.plainNetwork(or: .geluTanh), wiring: .parallel, sharesNorm: true)
        spec.output?.hasBias = true
        return spec
    }
}
