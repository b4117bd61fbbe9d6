extension Family {
    /// InternLM 2 and 2.5: Llama with queries, keys and values in one tensor (Cai et al. 2024).
    static let internLM2 = Family(
        name: "InternLM 2", modelTypes: ["internlm2"], ggufArchitectures: ["internlm2"],
        tensorNames: TensorNames([
            .embedding: "model.tok_embeddings", .finalNorm: "model.norm", .output: "output",
            .mixerNorm: "model.layers.{}.attention_norm", .feedForwardNorm: "model.layers.{}.ffn_norm",
            .query: .fused("model.layers.{}.attention.wqkv", .grouped),
            .key: .fused("model.layers.{}.attention.wqkv", .grouped),
            .value: .fused("model.layers.{}.attention.wqkv", .grouped),
            .attentionOutput: "model.layers.{}.attention.wo", .gate: "model.layers.{}.feed_forward.w1",
            .up: "model.layers.{}.feed_forward.w3", .down: "model.layers.{}.feed_forward.w2",
        ]),
        ggufPermutesHeads: true, reference: publishedFormulas
    ) { configuration in
        var spec = try configuration.llamaDecoder(ggufRotaryLayout: .adjacent)
        let hasBias = try configuration.flag(.init("bias"), orTensor: "blk.0.attn_q.bias") ?? false
        spec.updateAttention { ($1.hasInputBias, $1.hasOutputBias) = (hasBias, hasBias) }
        return spec
    }

    /// InternLM 3: Llama with wide heads; one flag for the biases of queries, keys and values, one for all others (2025).
    static let internLM3 = Family(
        name: "InternLM 3", modelTypes: ["internlm3"], tensorNames: .standard,
        defaults: ["head_dim": 128, "num_key_value_heads": 2, "rms_norm_eps": 1e-5, "max_position_embeddings": 32768]
    ) { configuration in
        var spec = try configuration.llamaDecoder()
        let hasBias = try configuration.flag(.init("bias", "mlp_bias")) ?? false
        spec.updateAttention { $1.hasOutputBias = hasBias }
        let network = try configuration.gatedNetwork(hasBias: hasBias)
        for index in spec.layers.indices { spec.layers[index].feedForward = network }
        return spec
    }
}
