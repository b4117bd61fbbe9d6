import Tensors

extension Family {
    /// nanochat: norms without weights, heads normalized after a rotation the other way round (Karpathy 2025).
    static let nanoChat = Family(
        name: "nanochat", modelTypes: ["nanochat"],
        tensorNames: .standard.replacing([
            .up: "model.layers.{}.mlp.fc1", .down: "model.layers.{}.mlp.fc2",
        ]), defaults: ["final_logit_softcapping": 15]
    ) { configuration in
        var norm = try configuration.rmsNorm()
        norm.hasWeight = false
        var attention = try configuration.attention()
        attention.headNorm = HeadNormSpec(norm, .head)
        attention.normalizesRotated = true
        attention.hasInputBias = try configuration.flag(.attentionBias) ?? false
        attention.hasOutputBias = attention.hasInputBias
        attention.rotary?.isReversed = true
        var spec = try configuration.decoder(
            norm: norm, attention: attention,
            feedForward: configuration.plainNetwork(or: .reluSquared, hasBias: false))
        spec.embedding.norm = norm
        spec.output?.softCap = try configuration.positive(.init("final_logit_softcapping"))
        return spec
    }
}
