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
        name: "Gemma 2", modelTypes: ["gemma2"], ggufArchitectures: ["gemma2"],
        tensorNames: .standard.replacing([
            .mixerOutputNorm: "model.layers.{}.post_attention_layernorm",
            .feedForwardNorm: "model.layers.{}.pre_feedforward_layernorm",
            .feedForwardOutputNorm: "model.layers.{}.post_feedforward_layernorm",
        ])
    ) { configuration in
        var spec = try gemma.makeSpec(configuration)
        let norm = try configuration.gemmaNorm()
        for index in spec.layers.indices {
            spec.layers[index].mixerOutputNorm = norm
            spec.layers[index].feedForwardOutputNorm = norm
        }
        spec.output?.softCap = try configuration.positive(
            .init("final_logit_softcapping", gguf: "final_logit_softcapping"))
        let cap = try configuration.positive(.init("attn_logit_softcapping", gguf: "attn_logit_softcapping"))
        let window = try configuration.window() ?? 4096
        // GGUF files leave it out: it is the head's size, except for 27B, whose heads are not as wide.
        let scale = try configuration.positive(.init("query_pre_attn_scalar"))
        let isLargest = configuration.isGGUF && spec.layers.count == 46
        let sliding = try configuration.slidingLayers(spec.layers.count)
        spec.updateAttention { layer, attention in
            attention.shape.softCap = cap
            attention.shape.window = sliding?[layer] ?? (layer % 2 == 0) ? window : nil
            if let scale { attention.shape.scale = 1 / scale.squareRoot() }
            if isLargest { attention.shape.scale = 1 / Float(4608 / attention.shape.heads).squareRoot() }
        }
        return spec
    }
}

extension Hyperparameters {
    fileprivate func gemmaNorm() throws -> NormSpec { try rmsNorm(weightOffset: isGGUF ? 0 : 1) }

    /// Early configurations say "gelu" where the models were trained with its approximation.
    fileprivate func gemmaNetwork() throws -> FeedForwardSpec {
        .gated(size: try count(.intermediateSize), .geluTanh)
    }
}
