extension Family {
    /// Phi-3.5-MoE: layer norms, the experts of each token chosen one after the other (Abdin et al. 2024).
    static let phiMoE = Family(
        name: "Phi-3.5 MoE", modelTypes: ["phimoe"],
        tensorNames: .standard.replacing([
            .router: "model.layers.{}.block_sparse_moe.gate",
            .expertGate: "model.layers.{}.block_sparse_moe.experts.{e}.w1",
            .expertUp: "model.layers.{}.block_sparse_moe.experts.{e}.w3",
            .expertDown: "model.layers.{}.block_sparse_moe.experts.{e}.w2",
        ]), defaults: ["rms_norm_eps": 1e-5, "rope_theta": 1_000_000]
    ) { configuration in
        let norm = NormSpec.layer(epsilon: try configuration.positive(.rmsEpsilon) ?? 1e-5)
        var attention = try configuration.attention()
        attention.hasInputBias = try configuration.flag(.attentionBias) ?? false
        attention.hasOutputBias = attention.hasInputBias
        attention.shape.window = try configuration.window()
        var mixture = try configuration.mixture(
            size: configuration.count(.intermediateSize), renormalizes: false)
        mixture.routing.weighing = .sparse(
            tolerance: try configuration.positive(.init("router_jitter_noise")) ?? 0.01)
        var spec = try configuration.decoder(norm: norm, attention: attention, feedForward: .mixture(mixture))
        spec.output?.hasBias = try configuration.flag(.init("lm_head_bias")) ?? false
        return spec
    }
}
