extension Family {
    /// EXAONE 4: outputs and heads are normalized, no inputs; in large ones some blocks see a window, the others no
    /// positions (LG AI Research 2025).
    static let exaone4 = Family(
        name: "EXAONE 4", modelTypes: ["exaone4"],
        tensorNames: .standard.replacing([
            .mixerOutputNorm: "model.layers.{}.post_attention_layernorm",
            .feedForwardOutputNorm: "model.layers.{}.post_feedforward_layernorm",
        ]), defaults: ["rms_norm_eps": 1e-5, "sliding_window": 4096]
    ) { configuration in
        var spec = try configuration.llamaDecoder()
        let norm = try configuration.rmsNorm()
        spec.normalizeOutputs(norm, insteadOfInputs: true)
        spec.updateAttention { $1.headNorm = HeadNormSpec(norm, .head) }
        if let window = try configuration.window() {
            // A number of blocks, or a letter for each: L for a window.
            let pattern = Hyperparameters.Key("sliding_window_pattern")
            let letters = try configuration.value(pattern)?.stringValue.map { $0.map { $0 == "L" } } ?? []
            let period = letters.isEmpty ? try configuration.countIfPresent(pattern) ?? 4 : letters.count
            let sliding = try configuration.slidingLayers(spec.layers.count, every: period)
            spec.applyWindows(sliding, of: window, positionsInWindows: true)
        }
        return spec
    }
}
