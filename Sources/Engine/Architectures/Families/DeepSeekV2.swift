import Tensors

extension Family {
    /// DeepSeek-V2, V2-Lite and Coder-V2: latent attention, experts in groups (DeepSeek-AI 2024).
    static let deepSeekV2 = Family(
        name: "DeepSeek-V2", modelTypes: ["deepseek_v2"], ggufArchitectures: ["deepseek2"],
        tensorNames: latentNames
    ) { configuration in
        let norm = try configuration.rmsNorm()
        let attention = try configuration.latentAttention(layout: .adjacent)
        let mixture = try configuration.deepSeekMixture()
        let dense =
            try configuration.countIfPresent(
                .init("first_k_dense_replace", gguf: "leading_dense_block_count"), orZero: true) ?? 0
        let step = try configuration.countIfPresent(.init("moe_layer_freq")) ?? 1
        let layers = try (0..<configuration.layerCount()).map { index in
            let isMixture = index >= dense && index % step == 0
            return LayerSpec(
                mixer: .latentAttention(attention), mixerNorm: norm,
                feedForward: isMixture ? .mixture(mixture) : try configuration.gatedNetwork(), feedForwardNorm: norm)
        }
        return try configuration.decoder(layers: layers, finalNorm: norm)
    }

    /// DeepSeek-V3 and R1, Kimi K2, Moonlight: experts chosen by sigmoids and a bias (DeepSeek-AI 2024).
    static let deepSeekV3 = Family(
        name: "DeepSeek-V3", modelTypes: ["deepseek_v3", "kimi_k2", "kimi_k25"], tensorNames: latentNames,
        defaults: [
            "rope_interleave": true, "norm_topk_prob": true, "routed_scaling_factor": 2.5, "n_group": 8,
            "topk_group": 4,
            "first_k_dense_replace": 3, "q_lora_rank": 1536,
        ]
    ) { configuration in
        var spec = try configuration.latentDecoder()
        try configuration.applySigmoidMixture(to: &spec)
        return spec
    }

    /// GLM-4.7-Flash: DeepSeek-V3 in small (Z.ai 2026).
    static let glm4MoELite = Family(
        name: "GLM-4 MoE Lite", modelTypes: ["glm4_moe_lite"], tensorNames: latentNames,
        defaults: [
            "rope_interleave": true, "norm_topk_prob": true, "routed_scaling_factor": 1.8, "rms_norm_eps": 1e-5,
            "q_lora_rank": 768, "first_k_dense_replace": 1,
        ]
    ) { configuration in
        var spec = try configuration.latentDecoder()
        try configuration.applySigmoidMixture(to: &spec)
        return spec
    }

    /// Youtu-LLM: latent attention in a dense model (Tencent 2025).
    static let youtu = Family(
        name: "Youtu", modelTypes: ["youtu"], tensorNames: latentNames,
        defaults: ["rope_interleave": true, "tie_word_embeddings": true, "q_lora_rank": 1536]
    ) { configuration in try configuration.latentDecoder() }

    /// DeepSeek-V3.2 and its successors with the same attention: an indexer chooses what each token sees once there is more
    /// than it may choose. Shorter texts see everything, and longer ones are not read here (DeepSeek-AI 2025).
    static let deepSeekV32 = Family(
        name: "DeepSeek-V3.2", modelTypes: ["deepseek_v32"], tensorNames: latentNames,
        defaults: [
            "rope_interleave": true, "norm_topk_prob": true, "routed_scaling_factor": 2.5, "n_group": 8,
            "topk_group": 4, "first_k_dense_replace": 3, "q_lora_rank": 1536, "index_topk": 2048,
        ], ignoredTensors: [".indexer."]
    ) { try $0.indexedDecoder() }

    /// GLM-5: DeepSeek-V3.2 whose blocks may share what an indexer has chosen (Z.ai 2026).
    static let glm5 = Family(
        name: "GLM-5", modelTypes: ["glm_moe_dsa"], tensorNames: latentNames,
        defaults: [
            "rope_interleave": true, "norm_topk_prob": true, "routed_scaling_factor": 2.5, "q_lora_rank": 2048,
            "first_k_dense_replace": 3, "rms_norm_eps": 1e-5, "index_topk": 2048,
        ], ignoredTensors: [".indexer."]
    ) { try $0.indexedDecoder() }

    /// Mistral Small 4: DeepSeek-V3's attention whose queries grow with their position, experts chosen by a softmax
    /// (Mistral AI 2026).
    static let mistral4 = Family(
        name: "Mistral 4", modelTypes: ["mistral4"],
        tensorNames: latentNames.allowing([
            .expertGate: .fused("model.layers.{}.mlp.experts.gate_up_proj!"),
            .expertUp: .fused("model.layers.{}.mlp.experts.gate_up_proj!"),
            .expertDown: "model.layers.{}.mlp.experts.down_proj!",
        ]),
        defaults: [
            "rope_interleave": true, "norm_topk_prob": true, "q_lora_rank": 1024, "n_shared_experts": 1,
            "first_k_dense_replace": 0,
        ]
    ) { configuration in
        var spec = try configuration.latentDecoder()
        let temperature = try configuration.queryTemperature()
        for index in spec.layers.indices {
            guard case .latentAttention(var attention) = spec.layers[index].mixer else { continue }
            attention.temperature = temperature
            spec.layers[index].mixer = .latentAttention(attention)
        }
        var mixture = try configuration.sigmoidMixture()
        (mixture.hasChoiceBias, mixture.routing.weighing) = (false, .softmax)
        let dense = try configuration.countIfPresent(.init("first_k_dense_replace"), orZero: true) ?? 0
        spec.apply(mixture) { $0 >= dense }
        return spec
    }

    static let latentNames = TensorNames.sigmoidRouted.replacing([
        .queryDown: "model.layers.{}.self_attn.q_a_proj", .queryDownNorm: "model.layers.{}.self_attn.q_a_layernorm",
        .queryUp: "model.layers.{}.self_attn.q_b_proj",
        .latent: .fused("model.layers.{}.self_attn.kv_a_proj_with_mqa"),
        .latentNorm: "model.layers.{}.self_attn.kv_a_layernorm",
        .keyValueUp: .fused("model.layers.{}.self_attn.kv_b_proj", .grouped),
    ])
}

extension Hyperparameters {
    /// A decoder with latent attention and networks as wide as the configuration says.
    func latentDecoder() throws -> NetworkSpec {
        let (norm, network) = (try rmsNorm(), try gatedNetwork())
        let layer = LayerSpec(
            mixer: .latentAttention(try latentAttention(layout: .halves)), mixerNorm: norm, feedForward: network,
            feedForwardNorm: norm)
        return try decoder(layers: [LayerSpec](repeating: layer, count: layerCount()), finalNorm: norm)
    }

    /// A decoder whose tokens see all that an indexer may choose, as long as there is not more.
    fileprivate func indexedDecoder() throws -> NetworkSpec {
        var spec = try latentDecoder()
        try applySigmoidMixture(to: &spec)
        spec.contextLength = min(spec.contextLength, try count(.init("index_topk")))
        return spec
    }

    fileprivate func latentAttention(layout: RotaryLayout) throws -> LatentAttentionSpec {
        let heads = try count(.heads)
        let rotated = try count(.init("qk_rope_head_dim", gguf: "rope.dimension_count"))
        let plain = Key("qk_nope_head_dim")
        // Newer GGUF files count the latent vectors as one key and value head.
        let headSize =
            try isGGUF
            ? countIfPresent(.init(gguf: "attention.key_length_mla")) ?? count(.headSize) : count(plain) + rotated
        let valueSize =
            try countIfPresent(.init("v_head_dim", gguf: "attention.value_length_mla"))
            ?? count(.init(gguf: "attention.value_length"))
        _ = try product(heads, headSize, key: .heads)
        _ = try product(heads, valueSize, key: .heads)
        var shape = AttentionShape(heads: heads, keyValueHeads: heads, headSize: headSize, valueSize: valueSize)
        var rotary = try rotary(headSize: rotated, layout: layout, isPart: true)
        if case .yarn(var yarn) = rotary.scaling {
            // What the factor of cosines and sines leaves out is in the factor of the scores.
            let key = Key("rope_scaling.mscale_all_dim", "rope_parameters.mscale_all_dim")
            var all = try number(key) ?? 0
            if isGGUF {
                // The file has 0.1 times this; converters assume that both of the configuration's factors are the same.
                all = 10 * (try number(.init(gguf: "rope.scaling.yarn_log_multiplier")) ?? 0)
                yarn.attentionFactor = 1
                rotary.scaling = .yarn(yarn)
            }
            let magnitude = RotaryScaling.yarnMagnitude(yarn.factor, all)
            shape.scale *= magnitude * magnitude
        }
        return LatentAttentionSpec(
            shape: shape, rotary: rotary, rotatedSize: rotated,
            queryRank: try countIfPresent(.init("q_lora_rank", gguf: "attention.q_lora_rank")),
            keyValueRank: try count(.init("kv_lora_rank", gguf: "attention.kv_lora_rank")), norm: .rms(epsilon: 1e-6),
            hasBias: try flag(.attentionBias) ?? false)
    }

    fileprivate func deepSeekMixture() throws -> MixtureSpec {
        // V3's GGUF files are of the same architecture: their gates are sigmoids.
        if isGGUF, try countIfPresent(.init(gguf: "expert_gating_func")) == 2 { return try sigmoidMixture() }
        let size = try count(.expertSize)
        let groups = try countIfPresent(.init("n_group", gguf: "expert_group_count")) ?? 1
        let method = try text(.init("topk_method")) ?? (isGGUF && groups > 1 ? "group_limited_greedy" : "greedy")
        var mixture = try mixture(size: size, renormalizes: flag(.init("norm_topk_prob")) ?? false)
        mixture.routing.scale = try positive(.init("routed_scaling_factor", gguf: "expert_weights_scale")) ?? 1
        switch method {
        case "greedy": break
        case "group_limited_greedy": try applyGroups(to: &mixture.routing)
        default: throw error(.init("topk_method"), "is \(method), which is not supported")
        }
        if let shared = try countIfPresent(.init("n_shared_experts", gguf: "expert_shared_count")) {
            mixture.shared = DenseSpec(size: shared * size, activation: mixture.expert.activation, isGated: true)
        }
        return mixture
    }
}
