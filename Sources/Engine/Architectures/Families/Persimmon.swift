import Tensors

extension Family {
    /// Persimmon: layer norms with biases, of heads too, and squared rectifiers (Adept 2023).
    static let persimmon = Family(
        name: "Persimmon", modelTypes: ["persimmon"],
        tensorNames: .standard.replacing([
            .finalNorm: "model.final_layernorm",
            .query: .fused("model.layers.{}.self_attn.query_key_value", .grouped),
            .key: .fused("model.layers.{}.self_attn.query_key_value", .grouped),
            .value: .fused("model.layers.{}.self_attn.query_key_value", .grouped),
            .attentionOutput: "model.layers.{}.self_attn.dense", .queryNorm: "model.layers.{}.self_attn.q_layernorm",
            .keyNorm: "model.layers.{}.self_attn.k_layernorm", .up: "model.layers.{}.mlp.dense_h_to_4h",
            .down: "model.layers.{}.mlp.dense_4h_to_h",
        ]), defaults: ["partial_rotary_factor": 0.5]
    ) { configuration in
        let norm = try configuration.layerNorm()
        var attention = try configuration.attention()
        (attention.hasInputBias, attention.hasOutputBias) = (true, true)
        if try configuration.flag(.init("qk_layernorm")) ?? true { attention.headNorm = HeadNormSpec(norm, .head) }
        return try configuration.decoder(
            norm: norm, attention: attention, feedForward: configuration.plainNetwork(or: .reluSquared))
    }
}
