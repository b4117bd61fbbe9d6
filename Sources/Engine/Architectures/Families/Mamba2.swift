import Tensors

extension Family {
    /// Mamba-2 and Codestral Mamba: nothing but its mixers (Dao & Gu 2024).
    static let mamba2 = Family(
        name: "Mamba-2", modelTypes: ["mamba2"], ggufArchitectures: ["mamba2"],
        tensorNames: TensorNames(
            [
                .embedding: "backbone.embeddings", .finalNorm: "backbone.norm_f", .output: "lm_head",
                .mixerNorm: "backbone.layers.{}.norm",
            ]
        ).withMamba2("backbone.layers.{}.mixer."),
        defaults: ["n_groups": 8, "num_heads": 128, "head_dim": 64, "state_size": 128, "conv_kernel": 4]
    ) { configuration in
        let norm = NormSpec.rms(
            epsilon: try configuration.positive(configuration.isGGUF ? .rmsEpsilon : .layerEpsilon) ?? 1e-5)
        let mixer = try configuration.mamba2(norm: norm)
        let layer = LayerSpec(mixer: .mamba2(mixer), mixerNorm: norm, feedForward: nil, feedForwardNorm: nil)
        let layers = [LayerSpec](repeating: layer, count: try configuration.layerCount())
        return try configuration.decoder(layers: layers, finalNorm: norm)
    }

    /// Bamba: Mamba-2 with a block of attention now and then (IBM, Princeton, CMU, UIUC 2024).
    static let bamba = Family(
        name: "Bamba", modelTypes: ["bamba"],
        tensorNames: TensorNames.standard.replacing([
            .finalNorm: "model.final_layernorm", .feedForwardNorm: "model.layers.{}.pre_ff_layernorm",
            .gate: "model.layers.{}.feed_forward.gate_proj", .up: "model.layers.{}.feed_forward.up_proj",
            .down: "model.layers.{}.feed_forward.down_proj",
        ]).withMamba2("model.layers.{}.mamba."),
        defaults: ["rms_norm_eps": 1e-5, "partial_rotary_factor": 0.5]
    ) { configuration in
        var spec = try configuration.llamaDecoder()
        let mixer = try configuration.mamba2(norm: configuration.rmsNorm())
        let attends = try configuration.attentionBlocks(spec.layers.count, indices: "attn_layer_indices")
        for index in spec.layers.indices where !attends[index] { spec.layers[index].mixer = .mamba2(mixer) }
        return spec
    }
}
