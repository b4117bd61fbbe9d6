import JSONValues
import Tensors

extension Family {
    /// LLaMA, Llama 2, 3 and 3.1, SmolLM, Yi and all that share the architecture (Touvron et al. 2023).
    static let llama = Family(
        name: "Llama", modelTypes: ["llama", "Yi"], ggufArchitectures: ["llama"],
        tensorNames: .standard.allowing(metaNames), ignoredTensors: ["rope.freqs"],
        ggufPermutesHeads: true, configuration: metaConfiguration
    ) { configuration in
        // Files of this GGUF architecture may be Mixtral's.
        if configuration.isGGUF, try configuration.countIfPresent(.experts) ?? 0 > 0 {
            return try mixtral.makeSpec(configuration)
        }
        return try configuration.llamaDecoder(ggufRotaryLayout: .adjacent)
    }

    /// The names in Meta's own files.
    private static let metaNames: [TensorRole: TensorName] = [
        .embedding: "tok_embeddings", .finalNorm: "norm", .output: "output", .mixerNorm: "layers.{}.attention_norm",
        .feedForwardNorm: "layers.{}.ffn_norm", .query: "layers.{}.attention.wq", .key: "layers.{}.attention.wk",
        .value: "layers.{}.attention.wv", .attentionOutput: "layers.{}.attention.wo",
        .gate: "layers.{}.feed_forward.w1", .up: "layers.{}.feed_forward.w3", .down: "layers.{}.feed_forward.w2",
    ]

    /// What `params.json` and the tensors of Meta's files say.
    @Sendable private static func metaConfiguration(_ tensors: BareTensors, _ parameters: JSON?) -> JSON? {
        guard let parameters, let heads = parameters["n_heads"], let embedding = tensors.shape("tok_embeddings.weight"),
            let network = tensors.shape("layers.0.feed_forward.w1.weight"), embedding.count == 2
        else { return nil }
        var config: JSON.Object = [
            "model_type": "llama", "vocab_size": .integer(embedding[0]), "hidden_size": .integer(embedding[1]),
            "intermediate_size": .integer(network[0]), "num_attention_heads": heads,
            "num_key_value_heads": parameters["n_kv_heads"] ?? heads,
            "num_hidden_layers": .integer(tensors.layerCount(prefix: "layers.")), "rope_interleave": true,
        ]
        config["rms_norm_eps"] = parameters["norm_eps"]
        config["rope_theta"] = parameters["rope_theta"]
        config["max_position_embeddings"] = parameters["max_seq_len"]
        if parameters["use_scaled_rope"]?.boolValue == true {
            // Llama 3.1's numbers, which its own code has fixed.
            config["rope_scaling"] = [
                "rope_type": "llama3", "factor": 8, "low_freq_factor": 1, "high_freq_factor": 4,
                "original_max_position_embeddings": 8192,
            ]
        }
        return .object(config)
    }
}
