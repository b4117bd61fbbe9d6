import Tensors

extension Family {
    /// StableLM 2 and 12B, StableLM-3B (Bellagente et al. 2024).
    static let stableLM = Family(
        name: "StableLM", modelTypes: ["stablelm", "stablelm_epoch"], ggufArchitectures: ["stablelm"],
        tensorNames: .standard.replacing([
            .queryNorm: "model.layers.{}.self_attn.q_layernorm.norms.{e}",
            .keyNorm: "model.layers.{}.self_attn.k_layernorm.norms.{e}",
        ])
    ) { configuration in
        let isParallel = try configuration.flag(.init("use_parallel_residual", gguf: "use_parallel_residual")) ?? false
        var attention = try configuration.attention()
        attention.hasInputBias = try configuration.flag(.attentionBias, orTensor: "blk.0.attn_q.bias") ?? false
        if try configuration.flag(.init("qk_layernorm"), orTensor: "blk.0.attn_q_norm.weight") ?? false {
            attention.headNorm = HeadNormSpec(try configuration.layerNorm(hasBias: false), .everyHead)
        }
        return try configuration.decoder(
            norm: configuration.layerNorm(), attention: attention, feedForward: configuration.gatedNetwork(),
            wiring: isParallel ? .parallel : .sequential, sharesNorm: isParallel)
    }
}
