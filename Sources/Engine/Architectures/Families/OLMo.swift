import Tensors

extension Family {
    /// OLMo: norms without weights, clamped queries, keys and values (Groeneveld et al. 2024).
    static let olmo = Family(
        name: "OLMo", modelTypes: ["olmo"], ggufArchitectures: ["olmo"], tensorNames: .standard,
        ggufPermutesHeads: true
    ) { configuration in
        var attention = try configuration.attention(ggufRotaryLayout: .adjacent)
        attention.clip = try configuration.positive(.clip)
        attention.hasInputBias = try configuration.flag(.attentionBias) ?? false
        attention.hasOutputBias = attention.hasInputBias
        return try configuration.decoder(
            norm: .layer(epsilon: 1e-5, hasWeight: false, hasBias: false), attention: attention,
            feedForward: configuration.gatedNetwork())
    }

    /// OLMo 2: outputs are normalized instead of inputs, and all queries and all keys (OLMo Team 2025).
    static let olmo2 = Family(
        name: "OLMo 2", modelTypes: ["olmo2"], ggufArchitectures: ["olmo2"],
        tensorNames: .standard.replacing([
            .mixerOutputNorm: "model.layers.{}.post_attention_layernorm",
            .feedForwardOutputNorm: "model.layers.{}.post_feedforward_layernorm",
        ])
    ) { configuration in
        let norm = try configuration.rmsNorm()
        var attention = try configuration.attention()
        attention.headNorm = HeadNormSpec(norm, .row)
        attention.hasInputBias = try configuration.flag(.attentionBias) ?? false
        attention.hasOutputBias = attention.hasInputBias
        var spec = try configuration.decoder(
            norm: norm, attention: attention, feedForward: configuration.gatedNetwork())
        for index in spec.layers.indices {
            (spec.layers[index].mixerNorm, spec.layers[index].feedForwardNorm) = (nil, nil)
            (spec.layers[index].mixerOutputNorm, spec.layers[index].feedForwardOutputNorm) = (norm, norm)
        }
        return spec
    }
}
