import Tensors

extension Family {
    /// gpt-oss: sinks in attention, every second block sees a window, experts with biases and clamped gates (OpenAI 2025).
    static let gptOSS = Family(
        name: "gpt-oss", modelTypes: ["gpt_oss"], ggufArchitectures: ["gpt-oss"],
        tensorNames: .standard.replacing([
            .attentionSinks: "model.layers.{}.self_attn.sinks!", .router: "model.layers.{}.mlp.router",
            .expertGate: .fused("model.layers.{}.mlp.experts.gate_up_proj!", .grouped).transposed,
            .expertUp: .fused("model.layers.{}.mlp.experts.gate_up_proj!", .grouped).transposed,
            .expertDown: TensorName(stringLiteral: "model.layers.{}.mlp.experts.down_proj!").transposed,
        ]),
        ggufNames: .gguf.replacing([
            .feedForwardNorm: "blk.{}.post_attention_norm", .attentionSinks: "blk.{}.attn_sinks",
        ]),
        defaults: [
            "rms_norm_eps": 1e-5, "head_dim": 64, "sliding_window": 128, "rope_theta": 150_000, "attention_bias": true,
            "swiglu_limit": 7,
        ]
    ) { configuration in
        let norm = try configuration.rmsNorm()
        var attention = try configuration.attention()
        attention.hasInputBias = try configuration.flag(.attentionBias) ?? true
        attention.hasOutputBias = attention.hasInputBias
        attention.hasSinks = true
        if configuration.isGGUF, case .yarn(var yarn)? = attention.rotary?.scaling {
            // The model's own limits between kinds of frequencies are no whole pairs, which the file does not say.
            yarn.truncates = false
            attention.rotary?.scaling = .yarn(yarn)
        }
        let size = try configuration.countIfPresent(.init(gguf: "expert_feed_forward_length"))
        var mixture = try configuration.mixture(
            size: size ?? configuration.count(.intermediateSize), renormalizes: true)
        mixture.routerHasBias = true
        mixture.expert.hasBias = true
        mixture.expert.activation = .geluQuick
        mixture.expert.limit = try configuration.positive(.init("swiglu_limit")) ?? 7
        var spec = try configuration.decoder(norm: norm, attention: attention, feedForward: .mixture(mixture))
        spec.applyWindows(
            try configuration.slidingLayers(spec.layers.count, every: 2), of: try configuration.window())
        return spec
    }
}
