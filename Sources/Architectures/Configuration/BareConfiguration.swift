import Checkpoints
import JSONValues

/// What a `config.json` would say of a checkpoint that has none: found in the names and shapes of its tensors.
struct BareConfiguration {
    /// In the form of Hugging Face's configurations.
    let config: JSON

    /// Recognizes RWKV's original files, and Meta's with the contents of `params.json` beside them.
    init(_ checkpoint: Checkpoint, parameters: JSON?) throws {
        let shapes = checkpoint.tensors.mapValues(\.shape)
        if let parameters, let config = Self.llama(shapes: Array(shapes), parameters) {
            self.config = config
        } else if let config = Self.rwkv(shapes: Array(shapes)) {
            self.config = config
        } else {
            throw ArchitectureError(
                path: checkpoint.path,
                reason: "there is no config.json beside this file, and its tensors are not those of RWKV-4 or RWKV-5 (nor "
                    + "of Meta's Llama with params.json); open a Hugging Face folder instead")
        }
    }

    private static func layerCount(_ names: [String], prefix: String) -> Int {
        let numbers = names.compactMap { name in
            name.hasPrefix(prefix) ? Int(name.dropFirst(prefix.count).prefix { $0 != "." }) : nil
        }
        return (numbers.max() ?? -1) + 1
    }

    private static func rwkv(shapes: [(key: String, value: [Int])]) -> JSON? {
        func shape(_ name: String) -> [Int]? { shapes.first { $0.key == name }?.value }
        guard let embedding = shape("emb.weight"), embedding.count == 2, let key = shape("blocks.0.att.key.weight"),
            let network = shape("blocks.0.ffn.key.weight"), let decay = shape("blocks.0.att.time_decay")
        else { return nil }
        let isMatrix = shapes.contains { $0.key == "blocks.0.att.time_faaaa" }
        guard decay.count == (isMatrix ? 2 : 1) else { return nil }
        return [
            "model_type": isMatrix ? "rwkv5" : "rwkv", "vocab_size": .integer(embedding[0]),
            "hidden_size": .integer(embedding[1]), "attention_hidden_size": .integer(key[0]),
            "head_size": .integer(decay.last ?? 1), "intermediate_size": .integer(network[0]),
            "num_hidden_layers": .integer(layerCount(shapes.map(\.key), prefix: "blocks.")),
        ]
    }

    private static func llama(shapes: [(key: String, value: [Int])], _ parameters: JSON) -> JSON? {
        func shape(_ name: String) -> [Int]? { shapes.first { $0.key == name }?.value }
        guard let embedding = shape("tok_embeddings.weight"), embedding.count == 2,
            let network = shape("layers.0.feed_forward.w1.weight"), let heads = parameters["n_heads"]
        else { return nil }
        var config: JSON.Object = [
            "model_type": "llama", "vocab_size": .integer(embedding[0]), "hidden_size": .integer(embedding[1]),
            "intermediate_size": .integer(network[0]), "num_attention_heads": heads,
            "num_key_value_heads": parameters["n_kv_heads"] ?? heads,
            "num_hidden_layers": .integer(layerCount(shapes.map(\.key), prefix: "layers.")), "rope_interleave": true,
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
