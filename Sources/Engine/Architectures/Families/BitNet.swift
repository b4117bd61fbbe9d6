extension Family {
    /// BitNet b1.58: norms before the last matrix of each part, squared rectifiers (Ma et al. 2025).
    static let bitNet = Family(
        name: "BitNet", modelTypes: ["bitnet"],
        tensorNames: .standard.replacing([
            .attentionInnerNorm: "model.layers.{}.self_attn.attn_sub_norm",
            .networkInnerNorm: "model.layers.{}.mlp.ffn_sub_norm",
        ]), defaults: ["rms_norm_eps": 1e-5, "rope_theta": 500_000, "hidden_act": "relu2"]
    ) { configuration in
        var spec = try configuration.llamaDecoder()
        let norm = try configuration.rmsNorm()
        spec.updateAttention { $1.innerNorm = norm }
        for index in spec.layers.indices {
            guard case .dense(var network) = spec.layers[index].feedForward else { continue }
            network.innerNorm = norm
            spec.layers[index].feedForward = .dense(network)
        }
        return spec
    }
}
