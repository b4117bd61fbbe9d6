extension Family {
    /// Mistral 7B and NeMo: Llama with a sliding window in v0.1 (Jiang et al. 2023).
    static let mistral = Family(
        name: "Mistral", modelTypes: ["mistral"], ggufArchitectures: ["mistral"], tensorNames: .llama
    ) { configuration in
        let window = try configuration.countIfPresent(.window)
        return try configuration.llamaLikeSpec(ggufRotaryLayout: .adjacent) { _, attention in
            attention.shape.window = window
        }
    }
}
