import Tensors

extension Family {
    /// Phi 3 and 3.5, Phi-4-mini: Llama with fused tensors, a window, LongRoPE (Abdin et al. 2024).
    static let phi3 = Family(
        name: "Phi 3", modelTypes: ["phi3"], ggufArchitectures: ["phi3"],
        tensorNames: .standard.replacing([
            .query: .fused("model.layers.{}.self_attn.qkv_proj"), .key: .fused("model.layers.{}.self_attn.qkv_proj"),
            .value: .fused("model.layers.{}.self_attn.qkv_proj"), .gate: .fused("model.layers.{}.mlp.gate_up_proj"),
            .up: .fused("model.layers.{}.mlp.gate_up_proj"),
        ]),
        ggufNames: .gguf.replacing([.gate: .fused("blk.{}.ffn_up"), .up: .fused("blk.{}.ffn_up")])
    ) { configuration in
        var attention = try configuration.attention()
        attention.shape.window = try configuration.window()
        return try configuration.decoder(
            norm: configuration.rmsNorm(), attention: attention, feedForward: configuration.gatedNetwork())
    }
}
