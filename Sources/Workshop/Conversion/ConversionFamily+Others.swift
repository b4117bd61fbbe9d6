import JSONValues

extension ConversionFamily {
    private static let noBias: (String, [JSON]) = ("attention_bias", [false])
    private static let experts = [
        count("expert_count", "num_experts", "num_local_experts"), count("expert_used_count", "num_experts_per_tok"),
        count("expert_feed_forward_length", "moe_intermediate_size"),
    ]
    /// Blocks that are no mixtures have no place in the files.
    private static let allSparse: [(String, [JSON])] = [
        ("decoder_sparse_step", [1]), ("mlp_only_layers", [[]]), ("use_sliding_window", [false]),
    ]

    static let qwen2MoE = ConversionFamily(
        architecture: "qwen2moe", modelType: "qwen2_moe", className: "Qwen2MoeForCausalLM",
        keys: common + experts + [count("expert_shared_feed_forward_length", "shared_expert_intermediate_size")],
        constants: ["hidden_act": "silu", "use_sliding_window": false, "norm_topk_prob": false],
        assumed: allSparse + [silu, ("norm_topk_prob", [false])])

    static let qwen3MoE = ConversionFamily(
        architecture: "qwen3moe", modelType: "qwen3_moe", className: "Qwen3MoeForCausalLM", keys: common + experts,
        hasHeadLengths: true,
        constants: [
            "hidden_act": "silu", "use_sliding_window": false, "norm_topk_prob": true, "attention_bias": false,
            "decoder_sparse_step": 1, "mlp_only_layers": [],
        ], assumed: allSparse + [silu, noBias, ("norm_topk_prob", [true])], missing: ["norm_topk_prob": false])

    static let olmo = ConversionFamily(
        architecture: "olmo", modelType: "olmo", className: "OlmoForCausalLM",
        keys: [
            layers, context, width, network, heads, keyHeads, number("attention.clamp_kqv", "clip_qkv"),
        ], constants: ["hidden_act": "silu", "attention_bias": false], assumed: [silu, noBias],
        fixed: [("attention.layer_norm_epsilon", .float32(1e-5))])

    static let olmo2 = ConversionFamily(
        architecture: "olmo2", modelType: "olmo2", className: "Olmo2ForCausalLM", keys: common,
        constants: ["hidden_act": "silu", "attention_bias": false], assumed: [silu, noBias])

    static let granite = ConversionFamily(
        architecture: "granite", modelType: "granite", className: "GraniteForCausalLM",
        keys: common + [
            number("attention.scale", "attention_multiplier"), number("embedding_scale", "embedding_multiplier"),
            number("residual_scale", "residual_multiplier"), number("logit_scale", "logits_scaling"),
        ], hasRotaryDimensions: true, constants: ["hidden_act": "silu", "attention_bias": false, "mlp_bias": false],
        assumed: [silu, noBias, ("mlp_bias", [false])])

    static let starCoder2 = ConversionFamily(
        architecture: "starcoder2", modelType: "starcoder2", className: "Starcoder2ForCausalLM",
        keys: [
            layers, context, width, network, heads, keyHeads,
            number("attention.layer_norm_epsilon", "norm_epsilon"),
        ], constants: ["hidden_act": "gelu_pytorch_tanh", "use_bias": true, "sliding_window": .null],
        assumed: [("hidden_act", ["gelu_pytorch_tanh"]), ("use_bias", [true]), noWindow],
        missing: ["sliding_window": 4096])

    static let phi = ConversionFamily(
        architecture: "phi2", modelType: "phi", className: "PhiForCausalLM",
        keys: [
            layers, context, width, network, heads, keyHeads,
            number("attention.layer_norm_epsilon", "layer_norm_eps"),
        ], hasRotaryDimensions: true, hasRotaryBase: false,
        constants: ["hidden_act": "gelu_new", "qk_layernorm": false, "rope_theta": 10_000.0],
        assumed: [("hidden_act", ["gelu_new"]), ("qk_layernorm", [false]), ("rope_theta", [10_000])])

    static let cohere = ConversionFamily(
        architecture: "command-r", modelType: "cohere", className: "CohereForCausalLM",
        keys: [
            layers, count("context_length", "model_max_length", "max_position_embeddings"), width, network, heads,
            keyHeads, number("attention.layer_norm_epsilon", "layer_norm_eps"), number("logit_scale", "logit_scale"),
        ], constants: ["hidden_act": "silu", "attention_bias": false, "use_qk_norm": false],
        assumed: [silu, noBias, ("use_qk_norm", [false])], fixed: [("rope.scaling.type", .string("none"))])
}
