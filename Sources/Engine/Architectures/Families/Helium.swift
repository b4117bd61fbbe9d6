extension Family {
    /// Helium: Llama whose adjacent channels are rotated (Kyutai 2025).
    static let helium = Family(
        name: "Helium", modelTypes: ["helium"], tensorNames: .standard,
        defaults: ["rms_norm_eps": 1e-8, "head_dim": 128, "rope_theta": 100_000]
    ) { configuration in
        var spec = try configuration.llamaDecoder()
        spec.updateAttention { _, attention in
            attention.rotary?.layout = .adjacent
            attention.hasOutputBias = false
        }
        return spec
    }
}
