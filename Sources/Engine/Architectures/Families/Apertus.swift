import Tensors

extension Family {
    /// Apertus: networks of two matrices around an activation that was learned, normalized heads (Swiss AI 2025).
    static let apertus = Family(
        name: "Apertus", modelTypes: ["apertus"],
        tensorNames: .standard.replacing([
            .mixerNorm: "model.layers.{}.attention_layernorm",
            .feedForwardNorm: "model.layers.{}.feedforward_layernorm",
            .activationPositive: "model.layers.{}.mlp.act_fn.alpha_p!",
            .activationNegative: "model.layers.{}.mlp.act_fn.alpha_n!",
        ]),
        defaults: [
            "rms_norm_eps": 1e-5, "hidden_act": "xielu",
            "rope_parameters": [
                "rope_type": "llama3", "rope_theta": 12_000_000, "factor": 8, "low_freq_factor": 1,
                "high_freq_factor": 4, "original_max_position_embeddings": 8192,
            ],
        ],
        ignoredTensors: ["act_fn.beta", "act_fn.eps"]
    ) { configuration in
        let norm = try configuration.rmsNorm()
        var attention = try configuration.attention()
        attention.headNorm = HeadNormSpec(norm, .head)
        attention.hasInputBias = try configuration.flag(.attentionBias) ?? false
        attention.hasOutputBias = attention.hasInputBias
        let isLearned = try configuration.text(.activation) == "xielu"
        var network = DenseSpec(
            size: try configuration.count(.intermediateSize),
            activation: isLearned ? .identity : try configuration.activation(or: .silu), isGated: false)
        network.hasLearnedActivation = isLearned
        return try configuration.decoder(norm: norm, attention: attention, feedForward: .dense(network))
    }
}
