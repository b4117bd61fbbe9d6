import Tensors

extension Family {
    /// Mistral 7B and NeMo: Llama with a sliding window in v0.1 (Jiang et al. 2023).
    static let mistral = Family(
        name: "Mistral", modelTypes: ["mistral"], ggufArchitectures: ["mistral"], tensorNames: .llama
    ) { configuration in
        var attention = try configuration.attention(ggufRotaryLayout: .adjacent)
        attention.shape.window = try configuration.countIfPresent(.window)
        return try configuration.decoder(
            norm: configuration.rmsNorm(), attention: attention,
            feedForward: .gated(size: configuration.count(.intermediateSize), configuration.activation(or: .silu)))
    }
}
