extension Family {
    /// Qwen 1.5, 2 and 2.5: biases on query, key and value; a window from some layer on (Yang et al. 2024).
    static let qwen2 = Family(
        name: "Qwen2", modelTypes: ["qwen2"], ggufArchitectures: ["qwen2"], tensorNames: .llama
    ) { configuration in
        let usesWindow = try configuration.flag(.init("use_sliding_window", gguf: "use_sliding_window")) ?? false
        let window = usesWindow ? try configuration.countIfPresent(.window) : nil
        let firstWindowed =
            try configuration.value(.init("max_window_layers", gguf: "max_window_layers"))?.intValue ?? 28
        return try configuration.llamaLikeSpec(ggufRotaryLayout: .halves) { layer, attention in
            attention.hasInputBias = true
            if layer >= firstWindowed { attention.shape.window = window }
        }
    }
}
