import Tensors

extension Family {
    /// Qwen 1.5, 2 and 2.5: biases on query, key and value; a window from some layer on (Yang et al. 2024).
    static let qwen2 = Family(
        name: "Qwen2", modelTypes: ["qwen2", "qwen2_vl", "qwen2_vl_text", "qwen2_5_vl", "qwen2_5_vl_text"],
        ggufArchitectures: ["qwen2"], tensorNames: .standard
    ) { configuration in
        var attention = try configuration.attention()
        attention.hasInputBias = true
        var spec = try configuration.decoder(
            norm: configuration.rmsNorm(), attention: attention, feedForward: configuration.gatedNetwork())
        try configuration.applyQwenWindow(to: &spec)
        return spec
    }

    /// Qwen 1.5 and 2 with experts, and a network that all tokens use by a gate.
    static let qwen2MoE = Family(
        name: "Qwen2 MoE", modelTypes: ["qwen2_moe"], ggufArchitectures: ["qwen2moe"], tensorNames: .standard
    ) { configuration in
        var attention = try configuration.attention()
        attention.hasInputBias = try configuration.flag(.attentionBias) ?? true
        let renormalizes = try configuration.flag(.init("norm_topk_prob")) ?? false
        var mixture = try configuration.mixture(size: configuration.count(.expertSize), renormalizes: renormalizes)
        let sharedSize = try configuration.count(
            .init("shared_expert_intermediate_size", gguf: "expert_shared_feed_forward_length"))
        mixture.shared = DenseSpec(size: sharedSize, activation: mixture.expert.activation, isGated: true)
        mixture.sharedIsGated = true
        var spec = try configuration.decoder(
            norm: configuration.rmsNorm(), attention: attention, feedForward: .mixture(mixture))
        try configuration.applyDenseLayers(to: &spec)
        try configuration.applyQwenWindow(to: &spec)
        return spec
    }
}

extension Hyperparameters {
    /// The window of Qwen's upper layers, where it is switched on.
    func applyQwenWindow(to spec: inout NetworkSpec) throws {
        guard try flag(.init("use_sliding_window")) ?? false, let window = try window() else { return }
        let first = try value(.init("max_window_layers"))?.intValue ?? 28
        let sliding = try slidingLayers(spec.layers.count)
        spec.updateAttention { layer, attention in
            if sliding?[layer] ?? (layer >= first) { attention.shape.window = window }
        }
    }

    /// The blocks of Qwen's mixtures that have one network for all tokens.
    func applyDenseLayers(to spec: inout NetworkSpec) throws {
        let listed = Set(try value(.init("mlp_only_layers"))?.arrayValue?.compactMap(\.intValue) ?? [])
        let step = try countIfPresent(.init("decoder_sparse_step")) ?? 1
        for index in spec.layers.indices where listed.contains(index) || (index + 1) % step != 0 {
            spec.layers[index].feedForward = try gatedNetwork()
        }
    }
}
