import Tensors

extension Family {
    /// LLaMA, Llama 2, 3 and 3.1, SmolLM and all that share the architecture (Touvron et al. 2023).
    static let llama = Family(
        name: "Llama", modelTypes: ["llama"], ggufArchitectures: ["llama"], tensorNames: .llama
    ) { configuration in
        var attention = try configuration.attention(ggufRotaryLayout: .adjacent)
        attention.hasInputBias = try configuration.flag(.attentionBias) ?? false
        attention.hasOutputBias = attention.hasInputBias
        return try configuration.decoder(
            norm: configuration.rmsNorm(), attention: attention,
            feedForward: .gated(
                size: configuration.count(.intermediateSize), configuration.activation(or: .silu),
                hasBias: configuration.flag(.init("mlp_bias")) ?? false))
    }
}
