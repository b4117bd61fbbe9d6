import Tensors

extension Family {
    /// Falcon 7B, 40B, 180B and RW (Almazrouei et al. 2023).
    static let falcon = Family(
        name: "Falcon", modelTypes: ["falcon", "RefinedWeb", "RefinedWebModel"], ggufArchitectures: ["falcon"],
        tensorNames: TensorNames(
            [
                .embedding: "word_embeddings", .finalNorm: "ln_f", .output: "lm_head",
                .mixerNorm: "h.{}.input_layernorm", .feedForwardNorm: "h.{}.post_attention_layernorm",
                .query: .fused("h.{}.self_attention.query_key_value", .grouped),
                .key: .fused("h.{}.self_attention.query_key_value", .grouped),
                .value: .fused("h.{}.self_attention.query_key_value", .grouped),
                .attentionOutput: "h.{}.self_attention.dense", .up: "h.{}.mlp.dense_h_to_4h",
                .down: "h.{}.mlp.dense_4h_to_h",
            ], prefixes: ["transformer.", ""]
        ).allowing([.mixerNorm: "h.{}.ln_attn", .feedForwardNorm: "h.{}.ln_mlp"]),
        // 40B's norms have these names in GGUF files, and 7B's only one the other.
        ggufNames: .gguf.replacing([.mixerNorm: "blk.{}.attn_norm_2", .feedForwardNorm: "blk.{}.attn_norm"])
            .allowing([.mixerNorm: "blk.{}.attn_norm"])
    ) { configuration in
        let isNew = try configuration.flag(.init("new_decoder_architecture")) ?? false
        let isParallel = try isNew || configuration.flag(.init("parallel_attn")) ?? true
        let sharesKeys = try !isNew && configuration.flag(.init("multi_query")) ?? true
        let hasBias = try configuration.flag(.init("bias")) ?? false
        let hasLinearBiases = try configuration.flag(.init("alibi")) ?? false
        let heads = try configuration.countIfPresent(
            .init("num_kv_heads", "n_head_kv", gguf: "attention.head_count_kv"))
        // Without the new architecture there is one key head or as many as query heads, whatever the configuration says.
        let keyValueHeads = configuration.isGGUF || isNew ? heads : sharesKeys ? 1 : nil
        var attention = try configuration.attention(keyValueHeads: keyValueHeads, isRotary: !hasLinearBiases)
        (attention.hasInputBias, attention.hasOutputBias) = (hasBias, hasBias)
        if hasLinearBiases {
            // The reference rounds slopes and biases to bf16, and divides the biases together with the scores.
            attention.shape.slopes = AttentionShape.linearBiases(heads: attention.shape.heads).map(\.roundedToBFloat)
            attention.shape.roundedSlopeScale = attention.shape.scale
        }
        let size =
            try configuration.countIfPresent(.init("ffn_hidden_size", gguf: "feed_forward_length"))
            ?? (4 * configuration.count(.hiddenSize))
        let norms = try configuration.countIfPresent(.init("num_ln_in_parallel_attn")) ?? (isNew ? 2 : 1)
        let hasTwoNorms = configuration.isGGUF ? configuration.hasTensor("blk.0.attn_norm_2.weight") : norms == 2
        var spec = try configuration.decoder(
            norm: configuration.layerNorm(), attention: attention,
            feedForward: .plain(size: size, configuration.activation(or: .gelu), hasBias: hasBias),
            wiring: isParallel ? .parallel : .sequential, sharesNorm: isParallel && !hasTwoNorms)
        spec.output?.sharesEmbedding = try configuration.flag(.sharesEmbedding) ?? true
        return spec
    }
}
