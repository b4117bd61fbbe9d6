import Tensors

extension Family {
    /// OPT: learned positions from row 2 on; the smallest but one normalizes after its sums (Zhang et al. 2022).
    static let opt = Family(
        name: "OPT", modelTypes: ["opt"],
        tensorNames: TensorNames(
            [
                .embedding: "decoder.embed_tokens", .embeddingProjection: "decoder.project_in",
                .positions: "decoder.embed_positions", .finalNorm: "decoder.final_layer_norm",
                .outputProjection: "decoder.project_out", .output: "lm_head",
                .mixerNorm: "decoder.layers.{}.self_attn_layer_norm",
                .feedForwardNorm: "decoder.layers.{}.final_layer_norm",
                .query: "decoder.layers.{}.self_attn.q_proj", .key: "decoder.layers.{}.self_attn.k_proj",
                .value: "decoder.layers.{}.self_attn.v_proj",
                .attentionOutput: "decoder.layers.{}.self_attn.out_proj", .up: "decoder.layers.{}.fc1",
                .down: "decoder.layers.{}.fc2",
            ], prefixes: ["model.", ""])
    ) { configuration in
        let hasBias = try configuration.flag(.init("enable_bias")) ?? true
        let normalizesFirst = try configuration.flag(.init("do_layer_norm_before")) ?? true
        let hasWeights = try configuration.flag(.init("layer_norm_elementwise_affine")) ?? true
        let norm = try configuration.layerNorm(hasWeight: hasWeights, hasBias: hasWeights)
        var attention = try configuration.attention(isRotary: false)
        (attention.hasInputBias, attention.hasOutputBias) = (hasBias, hasBias)
        var spec = try configuration.decoder(
            norm: norm, attention: attention,
            feedForward: .plain(
                size: configuration.count(.init("ffn_dim")), configuration.activation(or: .relu), hasBias: hasBias),
            wiring: normalizesFirst ? .sequential : .normalizedSums)
        if !normalizesFirst { spec.finalNorm = nil }
        spec.embedding.positions = LearnedPositions(rows: spec.contextLength + 2, offset: 2)
        let width = try configuration.countIfPresent(.init("word_embed_proj_dim"))
        if let width, width != spec.hiddenSize { spec.embedding.size = width }
        spec.output?.sharesEmbedding = try configuration.flag(.sharesEmbedding) ?? true
        return spec
    }
}
