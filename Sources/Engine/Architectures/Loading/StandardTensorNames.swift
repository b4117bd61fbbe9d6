extension TensorNames {
    /// The names that GGUF defines for all families.
    static let gguf = TensorNames([
        .embedding: "token_embd", .positions: "position_embd", .tokenTypes: "token_types",
        .embeddingNorm: "token_embd_norm", .finalNorm: "output_norm", .output: "output",
        .mixerNorm: "blk.{}.attn_norm", .mixerOutputNorm: "blk.{}.post_attention_norm",
        .feedForwardNorm: "blk.{}.ffn_norm", .feedForwardOutputNorm: "blk.{}.post_ffw_norm",
        .query: "blk.{}.attn_q", .key: "blk.{}.attn_k", .value: "blk.{}.attn_v",
        .attentionOutput: "blk.{}.attn_output", .queryNorm: "blk.{}.attn_q_norm", .keyNorm: "blk.{}.attn_k_norm",
        .gate: "blk.{}.ffn_gate", .up: "blk.{}.ffn_up", .down: "blk.{}.ffn_down",
        .router: "blk.{}.ffn_gate_inp", .expertGate: "blk.{}.ffn_gate_exps", .expertUp: "blk.{}.ffn_up_exps",
        .expertDown: "blk.{}.ffn_down_exps", .sharedGate: "blk.{}.ffn_gate_shexp", .sharedUp: "blk.{}.ffn_up_shexp",
        .sharedDown: "blk.{}.ffn_down_shexp", .sharedRouter: "blk.{}.ffn_gate_inp_shexp",
        .queryDown: "blk.{}.attn_q_a", .queryDownNorm: "blk.{}.attn_q_a_norm", .queryUp: "blk.{}.attn_q_b",
        .latent: .fused("blk.{}.attn_kv_a_mqa"), .latentNorm: "blk.{}.attn_kv_a_norm",
        .keyValueUp: .fused("blk.{}.attn_kv_b", .grouped),
        .inProjection: .fused("blk.{}.ssm_in"), .convolution: "blk.{}.ssm_conv1d", .xProjection: .fused("blk.{}.ssm_x"),
        .dtProjection: "blk.{}.ssm_dt", .dtNorm: "blk.{}.ssm_dt_norm", .bNorm: "blk.{}.ssm_b_norm",
        .cNorm: "blk.{}.ssm_c_norm", .aLog: "blk.{}.ssm_a!", .d: "blk.{}.ssm_d!",
        .outProjection: "blk.{}.ssm_out", .rotaryDivisors: "rope_freqs",
        .choiceBias: "blk.{}.exp_probs_b.bias!", .attentionGate: "blk.{}.attn_gate",
        .stepBias: "blk.{}.ssm_dt.bias!", .stateNorm: "blk.{}.ssm_norm",
        .shortDivisors: "rope_factors_short", .longDivisors: "rope_factors_long", .keyUp: "blk.{}.attn_k_b",
        .valueUp: "blk.{}.attn_v_b",
    ]).allowing([
        .query: .fused("blk.{}.attn_qkv"), .key: .fused("blk.{}.attn_qkv"), .value: .fused("blk.{}.attn_qkv"),
        .expertGate: "blk.{}.ffn_gate.{e}", .expertUp: "blk.{}.ffn_up.{e}", .expertDown: "blk.{}.ffn_down.{e}",
    ])
}

extension TensorNames {
    /// The names that most families have in Hugging Face checkpoints.
    static let standard = TensorNames([
        .embedding: "model.embed_tokens", .finalNorm: "model.norm", .output: "lm_head",
        .mixerNorm: "model.layers.{}.input_layernorm", .feedForwardNorm: "model.layers.{}.post_attention_layernorm",
        .query: "model.layers.{}.self_attn.q_proj", .key: "model.layers.{}.self_attn.k_proj",
        .value: "model.layers.{}.self_attn.v_proj", .attentionOutput: "model.layers.{}.self_attn.o_proj",
        .queryNorm: "model.layers.{}.self_attn.q_norm", .keyNorm: "model.layers.{}.self_attn.k_norm",
        .gate: "model.layers.{}.mlp.gate_proj", .up: "model.layers.{}.mlp.up_proj",
        .down: "model.layers.{}.mlp.down_proj",
        .router: "model.layers.{}.mlp.gate", .expertGate: "model.layers.{}.mlp.experts.{e}.gate_proj",
        .expertUp: "model.layers.{}.mlp.experts.{e}.up_proj", .expertDown: "model.layers.{}.mlp.experts.{e}.down_proj",
        .sharedGate: "model.layers.{}.mlp.shared_expert.gate_proj",
        .sharedUp: "model.layers.{}.mlp.shared_expert.up_proj",
        .sharedDown: "model.layers.{}.mlp.shared_expert.down_proj",
        .sharedRouter: "model.layers.{}.mlp.shared_expert_gate",
    ])
}
