import Tensors

extension Family {
    /// DBRX: fine-grained experts in packed tensors, clamped queries, keys and values (Databricks 2024).
    static let dbrx = Family(
        name: "DBRX", modelTypes: ["dbrx"], ggufArchitectures: ["dbrx"],
        tensorNames: TensorNames(
            [
                .embedding: "wte", .finalNorm: "norm_f", .output: "lm_head",
                .mixerNorm: "blocks.{}.norm_attn_norm.norm_1", .feedForwardNorm: "blocks.{}.norm_attn_norm.norm_2",
                .query: .fused("blocks.{}.norm_attn_norm.attn.Wqkv"),
                .key: .fused("blocks.{}.norm_attn_norm.attn.Wqkv"),
                .value: .fused("blocks.{}.norm_attn_norm.attn.Wqkv"),
                .attentionOutput: "blocks.{}.norm_attn_norm.attn.out_proj", .router: "blocks.{}.ffn.router.layer",
                .expertGate: "blocks.{}.ffn.experts.mlp.w1!", .expertUp: "blocks.{}.ffn.experts.mlp.v1!",
                .expertDown: TensorName(stringLiteral: "blocks.{}.ffn.experts.mlp.w2!").transposed,
            ], prefixes: ["transformer."]),
        ggufNames: .gguf.replacing([.feedForwardNorm: "blk.{}.attn_output_norm"])
    ) { configuration in
        let keyValueHeads = try configuration.countIfPresent(
            .init("attn_config.kv_n_heads", gguf: "attention.head_count_kv"))
        var attention = try configuration.attention(keyValueHeads: keyValueHeads)
        attention.clip = try configuration.positive(.clip)
        // The configuration's own key counts where there is no newer one.
        if try configuration.value(configuration.rotaryBaseKey) == nil {
            attention.rotary?.base = try configuration.positive(.init("attn_config.rope_theta")) ?? 10_000
        }
        let renormalizes = try configuration.number(.init("ffn_config.moe_normalize_expert_weights")) ?? 1
        let size = try configuration.count(.init("ffn_config.ffn_hidden_size", gguf: "feed_forward_length"))
        return try configuration.decoder(
            norm: configuration.layerNorm(hasBias: false), attention: attention,
            feedForward: .mixture(configuration.mixture(size: size, renormalizes: renormalizes > 0)))
    }
}
