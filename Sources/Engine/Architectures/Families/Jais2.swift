extension Family {
    /// Jais 2: layer norms, biases, squared rectifiers (Inception, MBZUAI 2025).
    static let jais2 = Family(
        name: "Jais 2", modelTypes: ["jais2"], ggufArchitectures: ["jais2"], tensorNames: .standard,
        defaults: ["attention_bias": true, "mlp_bias": true, "hidden_act": "relu2"]
    ) { configuration in
        var attention = try configuration.attention()
        attention.hasInputBias = try configuration.flag(.attentionBias) ?? true
        attention.hasOutputBias = attention.hasInputBias
        return try configuration.decoder(
            norm: configuration.layerNorm(), attention: attention,
            feedForward: configuration.plainNetwork(
                or: .reluSquared, hasBias: configuration.flag(.init("mlp_bias")) ?? true))
    }
}
