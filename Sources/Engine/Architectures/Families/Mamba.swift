import Tensors

extension Family {
    /// Mamba: selective state spaces and nothing else (Gu & Dao 2023).
    static let mamba = Family(
        name: "Mamba", modelTypes: ["mamba"], ggufArchitectures: ["mamba"],
        tensorNames: TensorNames([
            .embedding: "backbone.embeddings", .finalNorm: "backbone.norm_f", .output: "lm_head",
            .mixerNorm: "backbone.layers.{}.norm", .inProjection: .fused("backbone.layers.{}.mixer.in_proj"),
            .convolution: "backbone.layers.{}.mixer.conv1d",
            .xProjection: .fused("backbone.layers.{}.mixer.x_proj"), .dtProjection: "backbone.layers.{}.mixer.dt_proj",
            .aLog: "backbone.layers.{}.mixer.A_log!", .d: "backbone.layers.{}.mixer.D!",
            .outProjection: "backbone.layers.{}.mixer.out_proj",
        ])
    ) { configuration in
        let hidden = try configuration.count(.hiddenSize)
        let inner =
            try configuration.countIfPresent(.init("intermediate_size", gguf: "ssm.inner_size"))
            ?? configuration.product(
                hidden, configuration.countIfPresent(.init("expand")) ?? 2, key: .init("expand"))
        let rank = Hyperparameters.Key("time_step_rank", gguf: "ssm.time_step_rank")
        let isAutomatic = try configuration.value(rank)?.stringValue == "auto"
        var mixer = MambaSpec(
            innerSize: inner, stateSize: try configuration.count(.init("state_size", gguf: "ssm.state_size")),
            convolutionWidth: try configuration.count(.init("conv_kernel", gguf: "ssm.conv_kernel")),
            dtRank: isAutomatic ? (hidden + 15) / 16 : try configuration.count(rank))
        try configuration.checkStates(of: mixer)
        mixer.hasConvolutionBias = try configuration.flag(.init("use_conv_bias")) ?? true
        mixer.hasBias = try configuration.flag(.init("use_bias")) ?? false
        mixer.storesA = configuration.isGGUF
        let norm = try configuration.rmsNorm()
        let layer = LayerSpec(mixer: .mamba(mixer), mixerNorm: norm, feedForward: nil, feedForwardNorm: nil)
        var spec = try configuration.decoder(
            layers: [LayerSpec](repeating: layer, count: configuration.layerCount()), finalNorm: norm)
        spec.output?.sharesEmbedding = try configuration.flag(.sharesEmbedding) ?? true
        // States do not grow with the text, and no configuration sets a bound.
        spec.contextLength = try configuration.countIfPresent(.contextLength) ?? (1 << 20)
        return spec
    }
}
