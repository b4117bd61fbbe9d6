import Tensors

extension Family {
    /// Qwen 1.5, 2 and 2.5: biases on query, key and value; a window from some layer on (Yang et al. 2024).
    static let qwen2 = Family(
        name: "Qwen2", modelTypes: ["qwen2"], ggufArchitectures: ["qwen2"], tensorNames: .llama
    ) { configuration in
        var attention = try configuration.attention()
        attention.hasInputBias = true
        var spec = try configuration.decoder(
            norm: configuration.rmsNorm(), attention: attention,
            feedForward: .gated(size: configuration.count(.intermediateSize), configuration.activation(or: .silu)))
        try configuration.applyQwenWindow(to: &spec)
        return spec
    }
}

extension Hyperparameters {
    /// The window of Qwen's upper layers, where it is switched on.
    func applyQwenWindow(to spec: inout NetworkSpec) throws {
        guard try flag(.init("use_sliding_window")) ?? false, let window = try countIfPresent(.window) else { return }
        let first = try value(.init("max_window_layers"))?.intValue ?? 28
        spec.updateAttention { layer, attention in
            if layer >= first { attention.shape.window = window }
        }
    }
}
