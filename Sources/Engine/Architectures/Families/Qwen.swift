import Tensors

extension Family {
    /// Qwen 1: biased queries, keys and values in one tensor; both ways of reaching beyond the trained length (Bai et al. 2023).
    static let qwen = Family(
        name: "Qwen", modelTypes: ["qwen"], ggufArchitectures: ["qwen"],
        tensorNames: TensorNames([
            .embedding: "transformer.wte", .finalNorm: "transformer.ln_f", .output: "lm_head",
            .mixerNorm: "transformer.h.{}.ln_1", .feedForwardNorm: "transformer.h.{}.ln_2",
            .query: .fused("transformer.h.{}.attn.c_attn"), .key: .fused("transformer.h.{}.attn.c_attn"),
            .value: .fused("transformer.h.{}.attn.c_attn"), .attentionOutput: "transformer.h.{}.attn.c_proj",
            .gate: "transformer.h.{}.mlp.w2", .up: "transformer.h.{}.mlp.w1", .down: "transformer.h.{}.mlp.c_proj",
        ]),
        reference: publishedFormulas
    ) { configuration in
        var attention = try configuration.attention()
        attention.hasInputBias = true
        let trained = try configuration.countIfPresent(.init("seq_length")) ?? 0
        if trained > 0, try configuration.flag(.init("use_logn_attn")) ?? false {
            attention.logarithmicScaleFrom = trained
        }
        if trained > 0, try configuration.flag(.init("use_dynamic_ntk")) ?? false {
            attention.rotary?.scaling = .dynamicPower(originalContext: trained)
        }
        // The configuration counts the rows of both inner matrices; GGUF files too.
        let size = try configuration.count(.intermediateSize) / 2
        guard size > 0 else { throw configuration.error(.intermediateSize, "is 1, but has the rows of two matrices") }
        var spec = try configuration.decoder(
            norm: configuration.rmsNorm(), attention: attention, feedForward: .gated(size: size, .silu))
        spec.contextLength = max(spec.contextLength, try configuration.countIfPresent(.contextLength) ?? 0)
        return spec
    }
}
