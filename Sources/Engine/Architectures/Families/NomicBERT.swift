import Tensors

extension Family {
    /// Nomic-BERT: BERT with rotary positions, gated networks and few biases (Nussbaum et al. 2024).
    static let nomicBERT = Family(
        name: "Nomic-BERT", modelTypes: ["nomic_bert"], ggufArchitectures: ["nomic-bert"],
        tensorNames: TensorNames([
            .embedding: "embeddings.word_embeddings", .tokenTypes: "embeddings.token_type_embeddings",
            .embeddingNorm: "emb_ln", .query: .fused("encoder.layers.{}.attn.Wqkv"),
            .key: .fused("encoder.layers.{}.attn.Wqkv"), .value: .fused("encoder.layers.{}.attn.Wqkv"),
            .attentionOutput: "encoder.layers.{}.attn.out_proj", .mixerNorm: "encoder.layers.{}.norm1",
            .up: "encoder.layers.{}.mlp.fc11", .gate: "encoder.layers.{}.mlp.fc12",
            .down: "encoder.layers.{}.mlp.fc2", .feedForwardNorm: "encoder.layers.{}.norm2",
        ]),
        ggufNames: .ggufEncoder, ignoredTensors: encoderHeads
    ) { configuration in
        for name in ["prenorm", "parallel_block", "use_rms_norm", "causal", "mlp_fc1_bias", "mlp_fc2_bias"] {
            if try configuration.flag(.init(name)) ?? false {
                throw configuration.error(.init(name), "is true, which is not supported")
            }
        }
        let norm = try configuration.layerNorm()
        var attention = try configuration.attention()
        attention.hasInputBias = try configuration.flag(.init("qkv_proj_bias")) ?? false
        attention.hasOutputBias = attention.hasInputBias
        attention.shape.isCausal = false
        if try configuration.flag(.init("rotary_emb_interleaved")) ?? false { attention.rotary?.layout = .adjacent }
        if let factor = try configuration.positive(.init("rotary_scaling_factor")) {
            let trained = try configuration.count(.init("max_trained_positions"))
            attention.rotary?.scaling = .dynamicBase(factor: factor, originalContext: trained)
        }
        var spec = try configuration.decoder(
            norm: norm, attention: attention, feedForward: configuration.gatedNetwork(), wiring: .normalizedSums)
        spec.embedding.tokenTypes = try configuration.countIfPresent(.tokenTypes, orZero: true) ?? 0
        spec.embedding.norm = norm
        (spec.finalNorm, spec.output) = (nil, nil)
        return spec
    }
}
