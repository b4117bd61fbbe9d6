import JSONValues
import Tensors

extension Family {
    /// ChatGLM 2 and 3, and GLM-4 9B as it was published first: GLM under other names and keys (GLM Team 2024).
    static let chatGLM = Family(
        name: "ChatGLM", modelTypes: ["chatglm"], ggufArchitectures: ["chatglm"], tensorNames: chatGLMNames,
        ggufNames: .gguf.replacing([.gate: .fused("blk.{}.ffn_up"), .up: .fused("blk.{}.ffn_up")]),
        ignoredTensors: ["rotary_pos_emb.inv_freq"], reference: publishedFormulas
    ) { configuration in
        for (key, expected) in [("rmsnorm", true), ("post_layer_norm", true), ("add_bias_linear", false)] {
            guard try configuration.flag(.init(key)) ?? expected == expected else {
                throw configuration.error(.init(key), "is \(!expected), which is not supported")
            }
        }
        let isGrouped = try configuration.flag(.init("multi_query_attention")) ?? true
        let groups = try configuration.countIfPresent(.init("multi_query_group_num"))
        var attention = try configuration.attention(
            ggufRotaryLayout: .adjacent, keyValueHeads: isGrouped ? groups : nil)
        attention.hasInputBias =
            try configuration.flag(.init("add_qkv_bias", "add_bias_linear"), orTensor: "blk.0.attn_qkv.bias") ?? false
        if !configuration.isGGUF {
            let size = try configuration.countIfPresent(.init("kv_channels")) ?? attention.shape.headSize
            attention.shape = AttentionShape(
                heads: attention.shape.heads, keyValueHeads: attention.shape.keyValueHeads, headSize: size)
            let ratio = try configuration.positive(.init("rope_ratio")) ?? 1
            attention.rotary = RotarySpec(dimensions: size / 4 * 2, base: 10_000 * ratio, layout: .adjacent)
        }
        let addsToNormalized = try configuration.flag(.init("apply_residual_connection_post_layernorm")) ?? false
        let size = try configuration.count(.init("ffn_hidden_size", gguf: "feed_forward_length"))
        return try configuration.decoder(
            norm: configuration.rmsNorm(), attention: attention, feedForward: .gated(size: size, .silu),
            wiring: addsToNormalized ? .normalizedStream() : .sequential)
    }

    /// GLM-4 9B: half of each head rotated by adjacent channels, biases (GLM Team 2024).
    static let glm = Family(
        name: "GLM", modelTypes: ["glm"], tensorNames: glmNames, defaults: glmDefaults
    ) { configuration in
        var spec = try configuration.llamaDecoder()
        spec.updateAttention { _, attention in
            attention.rotary?.layout = .adjacent
            attention.hasOutputBias = false
        }
        return spec
    }

    /// GLM-4-0414 and Z1: outputs are normalized, too.
    static let glm4 = Family(
        name: "GLM-4", modelTypes: ["glm4"], ggufArchitectures: ["glm4"],
        tensorNames: glmNames.replacing([
            .mixerOutputNorm: "model.layers.{}.post_self_attn_layernorm",
            .feedForwardOutputNorm: "model.layers.{}.post_mlp_layernorm",
        ]),
        ggufNames: .gguf.replacing([.gate: .fused("blk.{}.ffn_up"), .up: .fused("blk.{}.ffn_up")]),
        defaults: glmDefaults
    ) { configuration in
        var spec = try glm.makeSpec(configuration)
        spec.normalizeOutputs(try configuration.rmsNorm())
        return spec
    }

    private static let chatGLMNames: TensorNames = {
        let inputs = TensorName.fused("encoder.layers.{}.self_attention.query_key_value")
        return TensorNames(
            [
                .embedding: "embedding.word_embeddings", .finalNorm: "encoder.final_layernorm",
                .output: "output_layer", .mixerNorm: "encoder.layers.{}.input_layernorm",
                .feedForwardNorm: "encoder.layers.{}.post_attention_layernorm", .query: inputs, .key: inputs,
                .value: inputs, .attentionOutput: "encoder.layers.{}.self_attention.dense",
                .gate: .fused("encoder.layers.{}.mlp.dense_h_to_4h"),
                .up: .fused("encoder.layers.{}.mlp.dense_h_to_4h"), .down: "encoder.layers.{}.mlp.dense_4h_to_h",
            ], prefixes: ["transformer."])
    }()
    private static let glmNames = TensorNames.standard.replacing([
        .gate: .fused("model.layers.{}.mlp.gate_up_proj"), .up: .fused("model.layers.{}.mlp.gate_up_proj"),
    ])
    private static let glmDefaults: JSON.Object = [
        "attention_bias": true, "head_dim": 128, "partial_rotary_factor": 0.5, "rms_norm_eps": 1.5625e-7,
    ]
}
