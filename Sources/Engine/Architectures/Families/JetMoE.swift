import Tensors

extension Family {
    /// JetMoE: experts in the network and in attention, whose query heads are chosen token by token (Shen et al. 2024).
    static let jetMoE = Family(
        name: "JetMoE", modelTypes: ["jetmoe"],
        tensorNames: .standard.replacing([
            .attentionRouter: "model.layers.{}.self_attention.experts.router.layer",
            .query: "model.layers.{}.self_attention.experts.input_linear",
            .attentionOutput: "model.layers.{}.self_attention.experts.output_linear",
            .attentionOutputBias: "model.layers.{}.self_attention.experts",
            .key: .fused("model.layers.{}.self_attention.kv_proj"),
            .value: .fused("model.layers.{}.self_attention.kv_proj"),
            .router: "model.layers.{}.mlp.router.layer", .expertGate: .fused("model.layers.{}.mlp.input_linear"),
            .expertUp: .fused("model.layers.{}.mlp.input_linear"), .expertDown: "model.layers.{}.mlp.output_linear",
            .mixtureBias: "model.layers.{}.mlp",
        ])
    ) { configuration in
        let headSize = try configuration.count(.init("kv_channels"))
        let heads = try configuration.count(.keyValueHeads)
        _ = try configuration.product(heads, headSize, key: .init("kv_channels"))
        let attention = AttentionSpec(
            shape: AttentionShape(heads: heads, keyValueHeads: heads, headSize: headSize),
            rotary: try configuration.rotary(headSize: headSize, layout: .halves))
        var mixture = try configuration.mixture(size: configuration.count(.intermediateSize), renormalizes: true)
        mixture.hasBias = true
        let norm = try configuration.rmsNorm()
        let layer = LayerSpec(
            mixer: .attentionMixture(AttentionMixtureSpec(attention: attention, routing: mixture.routing)),
            mixerNorm: norm, feedForward: .mixture(mixture), feedForwardNorm: norm)
        var spec = try configuration.decoder(
            layers: [LayerSpec](repeating: layer, count: configuration.layerCount()), finalNorm: norm)
        spec.output?.sharesEmbedding = try configuration.flag(.sharesEmbedding) ?? true
        return spec
    }
}
