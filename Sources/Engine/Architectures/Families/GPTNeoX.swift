import Tensors

extension Family {
    /// GPT-NeoX, Pythia, Dolly 2, RedPajama-INCITE, StableLM-Alpha (Black et al. 2022).
    static let gptNeoX = Family(
        name: "GPT-NeoX", modelTypes: ["gpt_neox"], ggufArchitectures: ["gptneox"],
        tensorNames: TensorNames(
            [
                .embedding: "embed_in", .finalNorm: "final_layer_norm", .output: "embed_out",
                .mixerNorm: "layers.{}.input_layernorm", .feedForwardNorm: "layers.{}.post_attention_layernorm",
                .query: .fused("layers.{}.attention.query_key_value", .grouped),
                .key: .fused("layers.{}.attention.query_key_value", .grouped),
                .value: .fused("layers.{}.attention.query_key_value", .grouped),
                .attentionOutput: "layers.{}.attention.dense", .up: "layers.{}.mlp.dense_h_to_4h",
                .down: "layers.{}.mlp.dense_4h_to_h",
            ], prefixes: ["gpt_neox."])
    ) { configuration in
        let hasBias = try configuration.flag(.attentionBias) ?? true
        let isParallel = try configuration.flag(.init("use_parallel_residual", gguf: "use_parallel_residual")) ?? true
        var attention = try configuration.attention()
        (attention.hasInputBias, attention.hasOutputBias) = (hasBias, hasBias)
        return try configuration.decoder(
            norm: configuration.layerNorm(), attention: attention, feedForward: configuration.plainNetwork(or: .gelu),
            wiring: isParallel ? .parallel : .sequential)
    }
}
