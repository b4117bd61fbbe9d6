extension Family {
    /// Seed-OSS: Llama with biases of queries, keys and values (ByteDance 2025).
    static let seedOSS = Family(
        name: "Seed-OSS", modelTypes: ["seed_oss"], ggufArchitectures: ["seed_oss"], tensorNames: .standard,
        ggufNames: .gguf.replacing([.feedForwardNorm: "blk.{}.post_attention_norm"]),
        defaults: ["attention_bias": true, "head_dim": 128]
    ) { configuration in
        var spec = try configuration.llamaDecoder()
        let hasOutputBias = try configuration.flag(
            .init("attention_out_bias"), orTensor: "blk.0.attn_output.bias")
        spec.updateAttention { $1.hasOutputBias = hasOutputBias ?? false }
        return spec
    }
}
