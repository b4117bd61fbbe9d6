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
        tensorNames: outputNorms
    ) { configuration in
        let norm = try configuration.rmsNorm()
        var attention = try configuration.attention()
        attention.headNorm = HeadNormSpec(norm, .row)
        attention.hasInputBias = try configuration.flag(.attentionBias) ?? false
        attention.hasOutputBias = attention.hasInputBias
        var spec = try configuration.decoder(
            norm: norm, attention: attention, feedForward: configuration.gatedNetwork())
        spec.normalizeOutputs(norm, insteadOfInputs: true)
        return spec
    }

    /// OLMo 3: three blocks in four see a window, and only the others' positions are stretched.
    static let olmo3 = Family(
        name: "OLMo 3", modelTypes: ["olmo3"], tensorNames: outputNorms,
        defaults: ["rms_norm_eps": 1e-5, "rope_theta": 500_000, "sliding_window": 4096]
    ) { configuration in
        var spec = try olmo2.makeSpec(configuration.rotaryOf("full_attention"))
        let sliding = try configuration.slidingLayers(spec.layers.count, every: 4)
        spec.applyWindows(sliding, of: try configuration.window())
        spec.updateAttention { layer, attention in
            if sliding[layer] { attention.rotary?.scaling = .none }
        }
        return spec
    }

    /// OLMo Hybrid: three blocks in four with the gated delta rule and norms before their parts, the others OLMo 3's without
    /// windows (OLMo Team 2026).
    static let olmoHybrid = Family(
        name: "OLMo Hybrid", modelTypes: ["olmo_hybrid"],
        tensorNames: outputNorms.replacing([
            .deltaQuery: "model.layers.{}.linear_attn.q_proj", .deltaKey: "model.layers.{}.linear_attn.k_proj",
            .deltaValue: "model.layers.{}.linear_attn.v_proj", .deltaGate: "model.layers.{}.linear_attn.g_proj",
            .deltaStrength: "model.layers.{}.linear_attn.b_proj", .deltaDecay: "model.layers.{}.linear_attn.a_proj",
            .queryConvolution: "model.layers.{}.linear_attn.q_conv1d",
            .keyConvolution: "model.layers.{}.linear_attn.k_conv1d",
            .valueConvolution: "model.layers.{}.linear_attn.v_conv1d", .aLog: "model.layers.{}.linear_attn.A_log!",
            .deltaDecayBias: "model.layers.{}.linear_attn.dt_bias!", .deltaNorm: "model.layers.{}.linear_attn.o_norm",
            .outProjection: "model.layers.{}.linear_attn.o_proj",
            .feedForwardNorm: "model.layers.{}.post_attention_layernorm",
        ]).allowing([
            .mixerNorm: "model.layers.{}.attention_layer_norm",
            .feedForwardNorm: "model.layers.{}.feedforward_layer_norm",
        ]), defaults: ["linear_conv_kernel_dim": 4, "linear_allow_neg_eigval": true]
    ) { configuration in
        var spec = try olmo2.makeSpec(configuration)
        // The released ones see no positions.
        if try configuration.value(configuration.rotaryBaseKey) == nil {
            spec.updateAttention { $1.rotary = nil }
        }
        let norm = try configuration.rmsNorm()
        var delta = try configuration.gatedDelta()
        delta.norm = .rms(epsilon: 1e-5)
        delta.strengthScale = try configuration.flag(.init("linear_allow_neg_eigval")) ?? true ? 2 : 1
        let isFull = try configuration.blocks(spec.layers.count, of: "full_attention", every: 4)
        for index in spec.layers.indices where !isFull[index] {
            spec.layers[index] = LayerSpec(
                mixer: .gatedDelta(delta), mixerNorm: norm, feedForward: spec.layers[index].feedForward,
                feedForwardNorm: norm)
        }
        return spec
    }

    /// OLMoE: all queries and all keys normalized, experts in every block (Muennighoff et al. 2024).
    static let olmoE = Family(
        name: "OLMoE", modelTypes: ["olmoe"], ggufArchitectures: ["olmoe"], tensorNames: .standard,
        defaults: ["rms_norm_eps": 1e-5]
    ) { configuration in
        var spec = try configuration.llamaDecoder()
        let (norm, clip) = (try configuration.rmsNorm(), try configuration.positive(.clip))
        spec.updateAttention { _, attention in
            attention.headNorm = HeadNormSpec(norm, .row)
            attention.clip = clip
        }
        spec.apply(
            try configuration.mixture(
                size: configuration.count(.intermediateSize),
                renormalizes: configuration.flag(.init("norm_topk_prob")) ?? false))
        return spec
    }

    /// FlexOLMo: OLMo 2 with experts that were trained apart (Shi et al. 2025).
    static let flexOLMo = Family(
        name: "FlexOLMo", modelTypes: ["flex_olmo"], tensorNames: outputNorms, defaults: ["rms_norm_eps": 1e-6]
    ) { configuration in
        var spec = try olmo2.makeSpec(configuration)
        spec.apply(
            try configuration.mixture(
                size: configuration.count(.intermediateSize),
                renormalizes: configuration.flag(.init("norm_topk_prob")) ?? false))
        return spec
    }

    private static let outputNorms = TensorNames.standard.replacing([
        .mixerOutputNorm: "model.layers.{}.post_attention_layernorm",
        .feedForwardOutputNorm: "model.layers.{}.post_feedforward_layernorm",
    ]).without([.feedForwardNorm, .mixerNorm])
}
