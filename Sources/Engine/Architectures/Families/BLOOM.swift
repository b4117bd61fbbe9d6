import Tensors

extension Family {
    /// BLOOM: scores fall with distance, the embedding is normalized (Le Scao et al. 2022).
    static let bloom = Family(
        name: "BLOOM", modelTypes: ["bloom"], ggufArchitectures: ["bloom"],
        tensorNames: TensorNames(
            [
                .embedding: "word_embeddings", .embeddingNorm: "word_embeddings_layernorm", .finalNorm: "ln_f",
                .output: "lm_head", .mixerNorm: "h.{}.input_layernorm",
                .feedForwardNorm: "h.{}.post_attention_layernorm",
                .query: .fused("h.{}.self_attention.query_key_value", .grouped),
                .key: .fused("h.{}.self_attention.query_key_value", .grouped),
                .value: .fused("h.{}.self_attention.query_key_value", .grouped),
                .attentionOutput: "h.{}.self_attention.dense", .up: "h.{}.mlp.dense_h_to_4h",
                .down: "h.{}.mlp.dense_4h_to_h",
            ], prefixes: ["transformer.", ""])
    ) { configuration in
        let addsToNormalized = try configuration.flag(.init("apply_residual_connection_post_layernorm")) ?? false
        var attention = try configuration.attention(isRotary: false)
        (attention.hasInputBias, attention.hasOutputBias) = (true, true)
        attention.shape.slopes = AttentionShape.linearBiases(heads: attention.shape.heads)
        let norm = try configuration.layerNorm()
        var spec = try configuration.decoder(
            norm: norm, attention: attention,
            feedForward: .plain(size: 4 * configuration.count(.hiddenSize), .geluTanh, hasBias: true),
            wiring: addsToNormalized ? .normalizedStream() : .sequential)
        spec.embedding.norm = norm
        spec.output?.sharesEmbedding = true
        return spec
    }
}
