import Tensors

extension Family {
    /// Baichuan 1 and 2: Llama with queries, keys and values in one tensor; the 13Bs have no rotary positions, but scores that
    /// fall with distance (Yang et al. 2023).
    static let baichuan = Family(
        name: "Baichuan", modelTypes: ["baichuan"], ggufArchitectures: ["baichuan"],
        tensorNames: .standard.replacing([
            .query: .fused("model.layers.{}.self_attn.W_pack"), .key: .fused("model.layers.{}.self_attn.W_pack"),
            .value: .fused("model.layers.{}.self_attn.W_pack"),
        ]),
        ggufPermutesHeads: true, reference: publishedFormulas
    ) { configuration in
        var spec = try configuration.llamaDecoder(ggufRotaryLayout: .adjacent)
        // Only those with rotary positions have this key. GGUF files tell them by their depth.
        let length = try configuration.countIfPresent(.init("max_position_embeddings"))
        if configuration.isGGUF ? spec.layers.count == 40 : length == nil {
            spec.updateAttention { _, attention in
                attention.rotary = nil
                attention.shape.slopes = AttentionShape.linearBiases(heads: attention.shape.heads)
            }
        }
        // Baichuan 2, whose output counts directions only; files made of it for llama.cpp have them already.
        let isSecond = try configuration.value(.init("z_loss_weight")) != nil || spec.vocabularySize == 125_696
        spec.output?.hasUnitRows = isSecond && !configuration.isGGUF
        return spec
    }
}
