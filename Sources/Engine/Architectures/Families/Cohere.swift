import Tensors

extension Family {
    /// Command R and R+: mixer and network side by side, adjacent channels rotated, scaled logits (Cohere 2024).
    static let cohere = Family(
        name: "Command R", modelTypes: ["cohere"], ggufArchitectures: ["command-r"], tensorNames: .standard
    ) { configuration in
        let norm = try configuration.layerNorm(hasBias: false)
        var attention = try configuration.attention()
        attention.rotary?.layout = .adjacent
        attention.hasInputBias = try configuration.flag(.attentionBias) ?? false
        attention.hasOutputBias = attention.hasInputBias
        if try configuration.flag(.init("use_qk_norm"), orTensor: "blk.0.attn_q_norm.weight") ?? false {
            attention.headNorm = HeadNormSpec(norm, .everyHead)
        }
        var spec = try configuration.decoder(
            norm: norm, attention: attention, feedForward: configuration.gatedNetwork(), wiring: .parallel,
            sharesNorm: true)
        spec.output?.scale = try configuration.positive(.init("logit_scale", gguf: "logit_scale")) ?? 1
        spec.output?.sharesEmbedding = try configuration.flag(.sharesEmbedding) ?? true
        return spec
    }

    /// Command R7B, Command A: three blocks in four see a window, the others no positions (Cohere 2025).
    static let cohere2 = Family(
        name: "Command A", modelTypes: ["cohere2"], ggufArchitectures: ["cohere2"], tensorNames: .standard,
        defaults: ["logit_scale": 0.0625, "sliding_window": 4096]
    ) { configuration in
        var spec = try cohere.makeSpec(configuration)
        let period = try configuration.countIfPresent(.init("sliding_window_pattern")) ?? 4
        let sliding = try configuration.slidingLayers(spec.layers.count, every: period)
        spec.applyWindows(sliding, of: try configuration.window(), positionsInWindows: true)
        return spec
    }
}
