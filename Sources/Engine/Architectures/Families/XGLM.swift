import Tensors

extension Family {
    /// XGLM: sines for positions, which begin at 2 (Lin et al. 2021).
    static let xglm = Family(
        name: "XGLM", modelTypes: ["xglm"],
        tensorNames: TensorNames([
            .embedding: "model.embed_tokens", .finalNorm: "model.layer_norm", .output: "lm_head",
            .mixerNorm: "model.layers.{}.self_attn_layer_norm",
            .feedForwardNorm: "model.layers.{}.final_layer_norm", .query: "model.layers.{}.self_attn.q_proj",
            .key: "model.layers.{}.self_attn.k_proj", .value: "model.layers.{}.self_attn.v_proj",
            .attentionOutput: "model.layers.{}.self_attn.out_proj", .up: "model.layers.{}.fc1",
            .down: "model.layers.{}.fc2",
        ]), defaults: ["scale_embedding": true, "tie_word_embeddings": true],
        ignoredTensors: ["embed_positions"]
    ) { configuration in
        var attention = try configuration.attention(isRotary: false)
        (attention.hasInputBias, attention.hasOutputBias) = (true, true)
        let network = FeedForwardSpec.plain(
            size: try configuration.count(.init("ffn_dim")), try configuration.activation(or: .gelu), hasBias: true)
        var spec = try configuration.decoder(
            norm: .layer(epsilon: 1e-5), attention: attention, feedForward: network)
        let isScaled = try configuration.flag(.init("scale_embedding")) ?? true
        spec.embedding.scale = isScaled ? Float(spec.hiddenSize).squareRoot() : 1
        spec.embedding.sinusoids = SinusoidSpec(offset: 2, reachesLast: true)
        return spec
    }
}
