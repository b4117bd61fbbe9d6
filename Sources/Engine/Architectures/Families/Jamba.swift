import Tensors

extension Family {
    /// Jamba: Mamba with a block of attention now and then, and experts in every second block (Lieber et al. 2024).
    static let jamba = Family(
        name: "Jamba", modelTypes: ["jamba"], ggufArchitectures: ["jamba"],
        tensorNames: .standard.replacing([
            .finalNorm: "model.final_layernorm", .feedForwardNorm: "model.layers.{}.pre_ff_layernorm",
            .inProjection: .fused("model.layers.{}.mamba.in_proj"), .convolution: "model.layers.{}.mamba.conv1d",
            .xProjection: .fused("model.layers.{}.mamba.x_proj"), .dtProjection: "model.layers.{}.mamba.dt_proj",
            .dtNorm: "model.layers.{}.mamba.dt_layernorm", .bNorm: "model.layers.{}.mamba.b_layernorm",
            .cNorm: "model.layers.{}.mamba.c_layernorm", .aLog: "model.layers.{}.mamba.A_log!",
            .d: "model.layers.{}.mamba.D!", .outProjection: "model.layers.{}.mamba.out_proj",
            .gate: "model.layers.{}.feed_forward.gate_proj", .up: "model.layers.{}.feed_forward.up_proj",
            .down: "model.layers.{}.feed_forward.down_proj", .router: "model.layers.{}.feed_forward.router",
            .expertGate: "model.layers.{}.feed_forward.experts.{e}.gate_proj",
            .expertUp: "model.layers.{}.feed_forward.experts.{e}.up_proj",
            .expertDown: "model.layers.{}.feed_forward.experts.{e}.down_proj",
        ])
    ) { configuration in
        func isIn(_ kind: String, _ layer: Int, orTensor name: String) throws -> Bool {
            if configuration.isGGUF { return configuration.hasTensor("blk.\(layer).\(name).weight") }
            let period = try configuration.count(.init("\(kind)_layer_period"))
            return layer % period == (try configuration.value(.init("\(kind)_layer_offset"))?.intValue ?? 0)
        }
        let norm = try configuration.rmsNorm()
        let attention = try configuration.attention(isRotary: false)
        let mamba = try configuration.jambaMixer(norm: norm)
        let mixture = try configuration.mixture(size: configuration.count(.intermediateSize), renormalizes: false)
        let layers = try (0..<configuration.layerCount()).map { index in
            let hasExperts = try mixture.routing.experts > 1 && isIn("expert", index, orTensor: "ffn_gate_inp")
            return LayerSpec(
                mixer: try isIn("attn", index, orTensor: "attn_q") ? .attention(attention) : .mamba(mamba),
                mixerNorm: norm,
                feedForward: hasExperts ? .mixture(mixture) : try configuration.gatedNetwork(), feedForwardNorm: norm)
        }
        return try configuration.decoder(layers: layers, finalNorm: norm)
    }
}

extension Hyperparameters {
    /// Refuses states that no memory could hold.
    func checkStates(of mixer: MambaSpec) throws {
        _ = try product(mixer.innerSize, mixer.stateSize, key: .hiddenSize)
        _ = try product(mixer.innerSize, mixer.convolutionWidth, key: .hiddenSize)
    }

    fileprivate func jambaMixer(norm: NormSpec) throws -> MambaSpec {
        let hidden = try count(.hiddenSize)
        let rank = Key("mamba_dt_rank", gguf: "ssm.time_step_rank")
        let isAutomatic = try value(rank)?.stringValue == "auto"
        var mixer = MambaSpec(
            innerSize: try countIfPresent(.init(gguf: "ssm.inner_size"))
                ?? product(hidden, countIfPresent(.init("mamba_expand")) ?? 2, key: .init("mamba_expand")),
            stateSize: try count(.init("mamba_d_state", gguf: "ssm.state_size")),
            convolutionWidth: try count(.init("mamba_d_conv", gguf: "ssm.conv_kernel")),
            dtRank: isAutomatic ? (hidden + 15) / 16 : try count(rank))
        try checkStates(of: mixer)
        mixer.hasConvolutionBias = try flag(.init("mamba_conv_bias")) ?? true
        mixer.hasBias = try flag(.init("mamba_proj_bias")) ?? false
        mixer.innerNorm = norm
        mixer.storesA = isGGUF
        return mixer
    }
}
