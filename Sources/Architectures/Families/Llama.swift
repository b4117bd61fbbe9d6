extension Family {
    /// LLaMA, Llama 2, 3 and 3.1, SmolLM and all that share the architecture (Touvron et al. 2023).
    static let llama = Family(
        name: "Llama", modelTypes: ["llama"], ggufArchitectures: ["llama"], tensorNames: .llama
    ) { configuration in
        let hasBias = try configuration.flag(.init("attention_bias", gguf: "attention_bias")) ?? false
        return try configuration.llamaLikeSpec(ggufRotaryLayout: .adjacent) { _, attention in
            attention.hasInputBias = hasBias
            attention.hasOutputBias = hasBias
        }
    }
}
