import Tensors

extension Family {
    /// GLM-4.5, 4.6 and 4.7, GLM-4.5-Air: experts chosen by sigmoids and a bias, a shared one (GLM Team 2025).
    static let glm4MoE = Family(
        name: "GLM-4 MoE", modelTypes: ["glm4_moe"], ggufArchitectures: ["glm4moe"],
        tensorNames: .sigmoidRouted,
        ggufNames: .gguf.replacing([.feedForwardNorm: "blk.{}.post_attention_norm"]),
        defaults: [
            "partial_rotary_factor": 0.5, "rms_norm_eps": 1e-5, "norm_topk_prob": true, "first_k_dense_replace": 1,
        ]
    ) { configuration in
        var spec = try configuration.llamaDecoder()
        let norm = try configuration.rmsNorm()
        let hasHeadNorms = try configuration.flag(.init("use_qk_norm"), orTensor: "blk.0.attn_q_norm.weight")
        spec.updateAttention { _, attention in
            attention.hasOutputBias = false
            if hasHeadNorms == true { attention.headNorm = HeadNormSpec(norm, .head) }
        }
        try configuration.applySigmoidMixture(to: &spec)
        return spec
    }

    /// Solar Open: GLM-4 MoE with experts in every block and whole heads rotated (Upstage 2026).
    static let solarOpen = Family(
        name: "Solar Open", modelTypes: ["solar_open"], tensorNames: .sigmoidRouted,
        defaults: ["rope_theta": 1_000_000, "rms_norm_eps": 1e-5, "head_dim": 128, "norm_topk_prob": true]
    ) { configuration in
        var spec = try configuration.llamaDecoder()
        spec.updateAttention { $1.hasOutputBias = false }
        spec.apply(try configuration.sigmoidMixture())
        return spec
    }

    /// dots.llm1: normalized heads, experts as DeepSeek-V3's (rednote-hilab 2025).
    static let dots1 = Family(
        name: "dots.llm1", modelTypes: ["dots1"], ggufArchitectures: ["dots1"], tensorNames: .sigmoidRouted,
        defaults: ["first_k_dense_replace": 0]
    ) { configuration in
        var spec = try configuration.llamaDecoder()
        let norm = try configuration.rmsNorm()
        spec.updateAttention { $1.headNorm = HeadNormSpec(norm, .head) }
        if let sliding = try configuration.slidingLayers(spec.layers.count), sliding.contains(true) {
            spec.applyWindows(sliding, of: try configuration.window())
        }
        try configuration.applySigmoidMixture(to: &spec)
        return spec
    }
}

extension TensorNames {
    /// The names of DeepSeek-V3's experts, which many took over.
    static let sigmoidRouted = TensorNames.standard.replacing([
        .choiceBias: "model.layers.{}.mlp.gate.e_score_correction_bias!",
        .sharedGate: "model.layers.{}.mlp.shared_experts.gate_proj",
        .sharedUp: "model.layers.{}.mlp.shared_experts.up_proj",
        .sharedDown: "model.layers.{}.mlp.shared_experts.down_proj",
    ])
}

extension Hyperparameters {
    /// Experts as DeepSeek-V3 has them, in the blocks that are listed, or all but the first ones.
    func applySigmoidMixture(to spec: inout NetworkSpec, hasSharedExperts: Bool = true) throws {
        var mixture = try sigmoidMixture()
        if !hasSharedExperts { mixture.shared = nil }
        let dense =
            try countIfPresent(.init("first_k_dense_replace", gguf: "leading_dense_block_count"), orZero: true) ?? 0
        let kinds = try value(.init("mlp_layer_types"))?.arrayValue ?? []
        let isListed = kinds.count == spec.layers.count
        spec.apply(mixture) { isListed ? kinds[$0].stringValue == "sparse" : $0 >= dense }
    }

    /// Experts that are chosen by the sigmoids of scores and a bias, within the groups whose two best are best.
    func sigmoidMixture() throws -> MixtureSpec {
        let size = try count(.expertSize)
        var mixture = try mixture(
            size: size,
            renormalizes: flag(.init("norm_topk_prob", "moe_renormalize", gguf: "expert_weights_norm")) ?? false)
        mixture.hasChoiceBias = true
        mixture.routing.weighing = .sigmoid
        mixture.routing.sumOffset = 1e-20
        mixture.routing.scale = try positive(.init("routed_scaling_factor", gguf: "expert_weights_scale")) ?? 1
        try applyGroups(to: &mixture.routing)
        mixture.routing.ranksGroupsByTwo = true
        if let shared = try countIfPresent(
            .init("n_shared_experts", "num_shared_experts", gguf: "expert_shared_count"), orZero: true),
            shared > 0
        {
            mixture.shared = DenseSpec(
                size: try product(shared, size, key: .expertSize), activation: mixture.expert.activation, isGated: true)
        }
        return mixture
    }

    /// The groups of experts that a token may use.
    func applyGroups(to routing: inout Routing) throws {
        routing.groups = try countIfPresent(.init("n_group", "num_expert_group", gguf: "expert_group_count")) ?? 1
        guard routing.groups > 1 else { return }
        routing.usedGroups = try count(.init("topk_group", gguf: "expert_group_used_count"))
        guard routing.experts % routing.groups == 0 else {
            throw error(.init("n_group"), "does not divide the \(routing.experts) experts")
        }
        guard routing.usedGroups <= routing.groups,
            routing.used <= routing.experts / routing.groups * routing.usedGroups
        else {
            throw error(
                .init("topk_group"), "is \(routing.usedGroups), whose groups do not have \(routing.used) experts")
        }
    }
}
