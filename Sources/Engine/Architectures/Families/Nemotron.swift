import Tensors

extension Family {
    /// Nemotron and Minitron: layer norms of 1 and the weight, squared rectifiers (Nvidia 2024).
    static let nemotron = Family(
        name: "Nemotron", modelTypes: ["nemotron"], ggufArchitectures: ["nemotron"], tensorNames: .standard,
        defaults: ["partial_rotary_factor": 0.5]
    ) { configuration in
        var norm = try configuration.layerNorm()
        if !configuration.isGGUF { norm.weightOffset = 1 }
        var attention = try configuration.attention()
        attention.hasInputBias = try configuration.flag(.attentionBias, orTensor: "blk.0.attn_q.bias") ?? false
        attention.hasOutputBias = attention.hasInputBias
        return try configuration.decoder(
            norm: norm, attention: attention,
            feedForward: configuration.plainNetwork(
                or: .reluSquared, hasBias: configuration.flag(.init("mlp_bias"), orTensor: "blk.0.ffn_up.bias") ?? false
            ))
    }
}
