import Tensors

extension Family {
    /// Grok-1: experts, capped scores, norms before and after, factors of embedding and logits (xAI 2024).
    static let grok = Family(
        name: "Grok-1", modelTypes: ["grok-1"], ggufArchitectures: ["grok"],
        tensorNames: .standard.replacing([
            .finalNorm: "model.norm.scale!", .mixerNorm: "model.layers.{}.pre_attn_norm.scale!",
            .mixerOutputNorm: "model.layers.{}.post_attn_norm.scale!",
            .feedForwardNorm: "model.layers.{}.pre_moe_norm.scale!",
            .feedForwardOutputNorm: "model.layers.{}.post_moe_norm.scale!",
            .query: "model.layers.{}.attn.q_proj", .key: "model.layers.{}.attn.k_proj",
            .value: "model.layers.{}.attn.v_proj", .attentionOutput: "model.layers.{}.attn.o_proj",
            .router: "model.layers.{}.moe_block.gate",
            .expertGate: "model.layers.{}.moe_block.experts.{e}.linear",
            .expertUp: "model.layers.{}.moe_block.experts.{e}.linear_v",
            .expertDown: "model.layers.{}.moe_block.experts.{e}.linear_1",
        ]),
        ggufNames: .gguf.replacing([
            .mixerOutputNorm: "blk.{}.attn_output_norm", .feedForwardOutputNorm: "blk.{}.layer_output_norm",
        ]),
        reference: publishedFormulas
    ) { configuration in
        let norm = try configuration.rmsNorm()
        var attention = try configuration.attention()
        attention.shape.scale =
            try configuration.positive(.init("attn_output_multiplier", gguf: "attention.output_scale"))
            ?? attention.shape.scale
        attention.shape.softCap = try configuration.positive(.init("max_attn_value", gguf: "attn_logit_softcapping"))
        let mixture = try configuration.mixture(
            size: configuration.count(.intermediateSize), renormalizes: false, activation: .geluTanh)
        var spec = try configuration.decoder(norm: norm, attention: attention, feedForward: .mixture(mixture))
        for index in spec.layers.indices {
            (spec.layers[index].mixerOutputNorm, spec.layers[index].feedForwardOutputNorm) = (norm, norm)
        }
        spec.embedding.scale =
            try configuration.positive(.init("embedding_multiplier_scale", gguf: "embedding_scale")) ?? 1
        spec.output?.scale = try configuration.positive(.init("output_multiplier_scale", gguf: "logit_scale")) ?? 1
        spec.output?.sharesEmbedding = try configuration.flag(.sharesEmbedding) ?? true
        return spec
    }
}
