extension Family {
    /// EXAONE 3, 3.5 and Deep: Llama under other names (LG AI Research 2024).
    static let exaone = Family(
        name: "EXAONE 3", modelTypes: ["exaone"], ggufArchitectures: ["exaone"],
        tensorNames: TensorNames([
            .embedding: "transformer.wte", .finalNorm: "transformer.ln_f", .output: "lm_head",
            .mixerNorm: "transformer.h.{}.ln_1", .feedForwardNorm: "transformer.h.{}.ln_2",
            .query: "transformer.h.{}.attn.attention.q_proj", .key: "transformer.h.{}.attn.attention.k_proj",
            .value: "transformer.h.{}.attn.attention.v_proj",
            .attentionOutput: "transformer.h.{}.attn.attention.out_proj", .gate: "transformer.h.{}.mlp.c_fc_0",
            .up: "transformer.h.{}.mlp.c_fc_1", .down: "transformer.h.{}.mlp.c_proj",
        ]), defaults: ["layer_norm_epsilon": 1e-5, "rope_theta": 500_000]
    ) { try $0.llamaDecoder() }

    /// EXAONE 4: outputs and heads are normalized, no inputs; in large ones some blocks see a window, the others no
    /// positions (LG AI Research 2025).
    static let exaone4 = Family(
        name: "EXAONE 4", modelTypes: ["exaone4"], ggufArchitectures: ["exaone4"],
        tensorNames: .standard.replacing([
            .mixerOutputNorm: "model.layers.{}.post_attention_layernorm",
            .feedForwardOutputNorm: "model.layers.{}.post_feedforward_layernorm",
        ]), defaults: ["rms_norm_eps": 1e-5, "sliding_window": 4096]
    ) { configuration in
        var spec = try configuration.llamaDecoder()
        let norm = try configuration.rmsNorm()
        spec.normalizeOutputs(norm, insteadOfInputs: true)
        spec.updateAttention { $1.headNorm = HeadNormSpec(norm, .head) }
        try configuration.applyEXAONEWindows(to: &spec)
        return spec
    }

    /// EXAONE with experts: norms of inputs again, experts chosen by sigmoids and a bias (LG AI Research 2026).
    static let exaoneMoE = Family(
        name: "EXAONE MoE", modelTypes: ["exaone_moe"], ggufArchitectures: ["exaone-moe"],
        tensorNames: .sigmoidRouted.allowing([
            .choiceBias: "model.layers.{}.mlp.e_score_correction_bias!"
        ]),
        defaults: [
            "rms_norm_eps": 1e-5, "sliding_window": 4096, "first_k_dense_replace": 1, "norm_topk_prob": true,
            "routed_scaling_factor": 2.5, "num_shared_experts": 1,
        ]
    ) { configuration in
        var spec = try configuration.llamaDecoder()
        let norm = try configuration.rmsNorm()
        spec.updateAttention { $1.headNorm = HeadNormSpec(norm, .head) }
        try configuration.applyEXAONEWindows(to: &spec)
        try configuration.applySigmoidMixture(to: &spec)
        return spec
    }
}

extension Hyperparameters {
    fileprivate func applyEXAONEWindows(to spec: inout NetworkSpec) throws {
        if let window = try window() {
            // A number of blocks, or a letter for each: L for a window.
            let pattern = Key("sliding_window_pattern")
            let letters = try value(pattern)?.stringValue.map { $0.map { $0 == "L" } } ?? []
            let period = letters.isEmpty ? try countIfPresent(pattern) ?? 4 : letters.count
            let sliding = try slidingLayers(spec.layers.count, every: period)
            spec.applyWindows(sliding, of: window, positionsInWindows: true)
        }
    }
}
