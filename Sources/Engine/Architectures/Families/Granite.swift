import Tensors

extension Family {
    /// Granite 3: Llama with four factors (IBM 2024).
    static let granite = Family(
        name: "Granite", modelTypes: ["granite"], ggufArchitectures: ["granite"], tensorNames: .standard,
        ggufPermutesHeads: true
    ) { configuration in
        var spec = try llama.makeSpec(configuration)
        try configuration.applyGraniteFactors(to: &spec)
        return spec
    }

    /// Granite 3 with experts.
    static let graniteMoE = Family(
        name: "Granite MoE", modelTypes: ["granitemoe", "granitemoeshared"], ggufArchitectures: ["granitemoe"],
        tensorNames: .standard.replacing([
            .router: "model.layers.{}.block_sparse_moe.router.layer",
            .expertGate: .fused("model.layers.{}.block_sparse_moe.input_linear"),
            .expertUp: .fused("model.layers.{}.block_sparse_moe.input_linear"),
            .expertDown: "model.layers.{}.block_sparse_moe.output_linear",
            .sharedGate: .fused("model.layers.{}.shared_mlp.input_linear"),
            .sharedUp: .fused("model.layers.{}.shared_mlp.input_linear"),
            .sharedDown: "model.layers.{}.shared_mlp.output_linear",
        ]),
        ggufPermutesHeads: true
    ) { configuration in
        let size = try configuration.count(.intermediateSize)
        var mixture = try configuration.mixture(size: size, renormalizes: true)
        let sharedSize = Hyperparameters.Key("shared_intermediate_size", gguf: "expert_shared_feed_forward_length")
        if let shared = try configuration.countIfPresent(sharedSize, orZero: true), shared > 0 {
            mixture.shared = mixture.expert
            mixture.shared?.size = shared
        }
        var spec = try configuration.decoder(
            norm: configuration.rmsNorm(), attention: configuration.attention(ggufRotaryLayout: .adjacent),
            feedForward: .mixture(mixture))
        try configuration.applyGraniteFactors(to: &spec)
        return spec
    }

    /// Granite 4: Mamba-2 with a block of attention now and then, mostly without positions, with and without experts.
    static let graniteHybrid = Family(
        name: "Granite 4", modelTypes: ["granitemoehybrid"], ggufArchitectures: ["granitehybrid"],
        tensorNames: graniteMoE.tensorNames.withMamba2("model.layers.{}.mamba.").replacing([
            .gate: .fused("model.layers.{}.shared_mlp.input_linear"),
            .up: .fused("model.layers.{}.shared_mlp.input_linear"), .down: "model.layers.{}.shared_mlp.output_linear",
        ]), defaults: ["shared_intermediate_size": 1024], ggufPermutesHeads: true
    ) { configuration in
        let hasExperts = try configuration.countIfPresent(.experts, orZero: true) ?? 0 > 0
        var spec =
            try hasExperts
            ? graniteMoE.makeSpec(configuration) : configuration.llamaDecoder(ggufRotaryLayout: .adjacent)
        let shared = FeedForwardSpec.gated(
            size: try configuration.count(.init("shared_intermediate_size", gguf: "expert_shared_feed_forward_length")),
            try configuration.activation(or: .silu))
        let isRotary =
            try configuration.text(.init("position_embedding_type")) == "rope"
            || configuration.flag(.init(gguf: "rope.scaling.finetuned")) == true
        let mixer = try configuration.mamba2(norm: configuration.rmsNorm())
        let attends = try configuration.attentionBlocks(spec.layers.count, indices: "attn_layer_indices")
        if !isRotary { spec.updateAttention { $1.rotary = nil } }
        for index in spec.layers.indices {
            if !attends[index] { spec.layers[index].mixer = .mamba2(mixer) }
            if !hasExperts { spec.layers[index].feedForward = shared }
        }
        try configuration.applyGraniteFactors(to: &spec)
        return spec
    }
}

extension Hyperparameters {
    fileprivate func applyGraniteFactors(to spec: inout NetworkSpec) throws {
        spec.embedding.scale = try positive(.init("embedding_multiplier", gguf: "embedding_scale")) ?? 1
        spec.output?.scale = 1 / (try positive(.init("logits_scaling", gguf: "logit_scale")) ?? 1)
        let residual = try positive(.init("residual_multiplier", gguf: "residual_scale")) ?? 1
        for index in spec.layers.indices { spec.layers[index].residualScale = residual }
        guard let scale = try positive(.init("attention_multiplier", gguf: "attention.scale")) else { return }
        spec.updateAttention { _, attention in attention.shape.scale = scale }
    }
}
