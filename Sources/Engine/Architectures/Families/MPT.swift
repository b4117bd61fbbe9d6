import Tensors

extension Family {
    /// MPT: scores fall with distance, no biases (MosaicML 2023).
    static let mpt = Family(
        name: "MPT", modelTypes: ["mpt"], ggufArchitectures: ["mpt"],
        tensorNames: TensorNames(
            [
                .embedding: "wte", .finalNorm: "norm_f", .output: "lm_head", .mixerNorm: "blocks.{}.norm_1",
                .feedForwardNorm: "blocks.{}.norm_2", .query: .fused("blocks.{}.attn.Wqkv"),
                .key: .fused("blocks.{}.attn.Wqkv"), .value: .fused("blocks.{}.attn.Wqkv"),
                .attentionOutput: "blocks.{}.attn.out_proj", .up: "blocks.{}.ffn.up_proj",
                .down: "blocks.{}.ffn.down_proj",
            ], prefixes: ["transformer."])
    ) { configuration in
        for (name, wanted) in [("no_bias", true), ("attn_config.alibi", true), ("attn_config.qk_ln", false)] {
            let key = Hyperparameters.Key(name)
            if let flag = try configuration.flag(key), flag != wanted {
                throw configuration.error(key, "is \(flag), which is not supported")
            }
        }
        var attention = try configuration.attention(isRotary: false)
        attention.clip = try configuration.positive(.clip)
        let maximum = try configuration.positive(
            .init("attn_config.alibi_bias_max", gguf: "attention.max_alibi_bias"))
        attention.shape.slopes = AttentionShape.linearBiases(heads: attention.shape.heads, maximum: maximum ?? 8)
        attention.shape.scale =
            try configuration.positive(.init("attn_config.softmax_scale")) ?? attention.shape.scale
        let size =
            try configuration.isGGUF
            ? configuration.count(.intermediateSize) : 4 * configuration.count(.hiddenSize)
        var spec = try configuration.decoder(
            norm: configuration.layerNorm(hasBias: false), attention: attention,
            feedForward: .plain(size: size, .gelu, hasBias: false))
        spec.output?.sharesEmbedding = true
        return spec
    }
}
