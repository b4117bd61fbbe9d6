import Tensors

extension Family {
    /// Gemma and CodeGemma: embeddings scaled by the root of their width, norms that add 1 to their weights (Gemma Team 2024).
    static let gemma = Family(
        name: "Gemma", modelTypes: ["gemma"], ggufArchitectures: ["gemma"], tensorNames: .standard
    ) { configuration in
        var spec = try configuration.decoder(
            norm: configuration.gemmaNorm(), attention: configuration.attention(),
            feedForward: configuration.gemmaNetwork())
        spec.embedding.scale = Float(spec.hiddenSize).squareRoot()
        spec.output?.sharesEmbedding = true
        return spec
    }

    /// Gemma 2: every second block sees a window, scores and logits are capped, outputs are normalized too.
    static let gemma2 = Family(
        name: "Gemma 2", modelTypes: ["gemma2"], ggufArchitectures: ["gemma2"], tensorNames: outputNormNames
    ) { configuration in
        var spec = try vaultGemma.makeSpec(configuration)
        spec.normalizeOutputs(try configuration.gemmaNorm())
        return spec
    }

    /// VaultGemma: Gemma 2 without the norms of outputs, trained with differential privacy (Sinha et al. 2025).
    static let vaultGemma = Family(
        name: "VaultGemma", modelTypes: ["vaultgemma"],
        tensorNames: .standard.replacing([.feedForwardNorm: "model.layers.{}.pre_feedforward_layernorm"]),
        defaults: ["head_dim": 256]
    ) { configuration in
        var spec = try gemma.makeSpec(configuration)
        let sliding = try configuration.slidingLayers(spec.layers.count, every: 2)
        spec.applyWindows(sliding, of: try configuration.window() ?? 4096)
        try configuration.applyGemmaScales(to: &spec)
        return spec
    }

    /// Gemma 3: five blocks in six see a window, with positions of their own; heads are normalized (Gemma Team 2025).
    static let gemma3 = Family(
        name: "Gemma 3", modelTypes: ["gemma3_text", "gemma3"], ggufArchitectures: ["gemma3"],
        tensorNames: outputNormNames,
        defaults: [
            "num_attention_heads": 8, "num_key_value_heads": 4, "head_dim": 256, "rope_theta": 1_000_000,
            "query_pre_attn_scalar": 256, "max_position_embeddings": 131_072, "sliding_window": 4096,
        ]
    ) { configuration in
        var spec = try gemma.makeSpec(configuration.rotaryOf("full_attention"))
        spec.contextLength = try configuration.count(.contextLength)
        let norm = try configuration.gemmaNorm()
        spec.normalizeOutputs(norm)
        let period = try configuration.countIfPresent(.init("sliding_window_pattern", "_sliding_window_pattern")) ?? 6
        let sliding = try configuration.slidingLayers(spec.layers.count, every: period)
        spec.applyWindows(sliding, of: try configuration.window())
        try configuration.applyGemmaScales(to: &spec)
        try spec.updateAttention { layer, attention in
            attention.headNorm = HeadNormSpec(norm, .head)
            if sliding[layer] { attention.rotary = try configuration.localRotary(attention.shape.headSize) }
        }
        if try configuration.flag(.init("use_bidirectional_attention")) ?? false {
            // EmbeddingGemma: the window is that of both sides together.
            spec.updateAttention { $1.shape.window = $1.shape.window.map { $0 / 2 + 1 } }
            spec.seeBothWays()
        }
        return spec
    }

    /// The widths of the 27Bs of Gemma 2 and 3 by their numbers of blocks: their queries are scaled by width / heads, those of
    /// others by the size of their heads.
    package static let gemmaScaledWidths = [46: 4608, 62: 5376]

    static let outputNormNames = TensorNames.standard.replacing([
        .mixerOutputNorm: "model.layers.{}.post_attention_layernorm",
        .feedForwardNorm: "model.layers.{}.pre_feedforward_layernorm",
        .feedForwardOutputNorm: "model.layers.{}.post_feedforward_layernorm",
    ])
}

extension Hyperparameters {
    /// The caps of scores and logits and the scale of queries.
    fileprivate func applyGemmaScales(to spec: inout NetworkSpec) throws {
        spec.output?.softCap = try positive(.init("final_logit_softcapping", gguf: "final_logit_softcapping"))
        let cap = try positive(.init("attn_logit_softcapping", gguf: "attn_logit_softcapping"))
        // GGUF files leave it out: it is the head's size, except for the 27Bs, whose heads are not as wide.
        let scale = try positive(.init("query_pre_attn_scalar"))
        let largest = isGGUF ? Family.gemmaScaledWidths[spec.layers.count] : nil
        spec.updateAttention { _, attention in
            attention.shape.softCap = cap
            if let scale { attention.shape.scale = 1 / scale.squareRoot() }
            if let largest { attention.shape.scale = 1 / Float(largest / attention.shape.heads).squareRoot() }
        }
    }

    /// Positions within windows: their own base, never stretched.
    func localRotary(_ headSize: Int) throws -> RotarySpec {
        let base = try positive(
            .init("rope_parameters.sliding_attention.rope_theta", "rope_local_base_freq", gguf: "rope.freq_base_swa"))
        return RotarySpec(dimensions: headSize, base: base ?? 10_000, layout: .halves)
    }

    fileprivate func gemmaNorm() throws -> NormSpec { try rmsNorm(weightOffset: isGGUF ? 0 : 1) }

    /// Early configurations say "gelu" where the models were trained with its approximation.
    fileprivate func gemmaNetwork() throws -> FeedForwardSpec {
        .gated(size: try count(.intermediateSize), .geluTanh)
    }
}
