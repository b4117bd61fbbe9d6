import Tensors

extension Family {
    /// Arcee's Trinity: gated attention, windows with positions, experts chosen by sigmoids (Arcee 2025).
    static let afmoe = Family(
        name: "Trinity", modelTypes: ["afmoe"],
        tensorNames: TensorNames.sigmoidRouted.replacing([
            .mixerOutputNorm: "model.layers.{}.post_attention_layernorm",
            .feedForwardNorm: "model.layers.{}.pre_mlp_layernorm",
            .feedForwardOutputNorm: "model.layers.{}.post_mlp_layernorm",
            .attentionGate: "model.layers.{}.self_attn.gate_proj", .router: "model.layers.{}.mlp.router.gate",
            .choiceBias: "model.layers.{}.mlp.expert_bias!",
        ]),
        defaults: [
            "rms_norm_eps": 1e-5, "head_dim": 128, "sliding_window": 1024, "num_dense_layers": 1,
            "num_shared_experts": 2,
        ]
    ) { configuration in
        var spec = try configuration.llamaDecoder()
        let norm = try configuration.rmsNorm()
        spec.normalizeOutputs(norm)
        let period = try configuration.countIfPresent(.init("global_attn_every_n_layers")) ?? 4
        let sliding = try configuration.slidingLayers(spec.layers.count, every: period)
        spec.applyWindows(sliding, of: try configuration.window(), positionsInWindows: true)
        spec.updateAttention { _, attention in
            attention.headNorm = HeadNormSpec(norm, .head)
            attention.gate = .channels
        }
        if try configuration.flag(.init("mup_enabled")) ?? false {
            spec.embedding.scale = Float(spec.hiddenSize).squareRoot()
        }
        let size = try configuration.count(.expertSize)
        var mixture = try configuration.mixture(size: size, renormalizes: true)
        mixture.hasChoiceBias = true
        mixture.routing.weighing = .sigmoid
        mixture.routing.sumOffset = 1e-20
        mixture.routing.scale = try configuration.positive(.init("route_scale")) ?? 1
        if let shared = try configuration.countIfPresent(.init("num_shared_experts"), orZero: true), shared > 0 {
            mixture.shared = mixture.expert
            mixture.shared?.size = try configuration.product(shared, size, key: .expertSize)
        }
        let dense = try configuration.countIfPresent(.init("num_dense_layers"), orZero: true) ?? 0
        spec.apply(mixture) { $0 >= dense }
        return spec
    }
}
