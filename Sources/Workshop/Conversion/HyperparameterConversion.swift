import Checkpoints
import JSONValues
import OrderedCollections
import Platform

/// What a config.json says as keys of a GGUF file, without the architecture's name before them.
struct HyperparameterConversion {
    let rules: ConversionFamily
    /// `config.json`, with what its reference takes for granted.
    let config: JSON
    /// The file, for errors.
    let path: String
    /// Whether the file gets a tokenizer; without one, the size of the vocabulary is said by a key.
    let hasTokenizer: Bool

    private func int(_ name: String) -> Int? { config.first(of: [name])?.intValue }

    /// The channels of a head.
    var headSize: Int {
        let width = config.first(of: ["hidden_size", "n_embd"])?.intValue ?? 0
        let heads = config.first(of: ["num_attention_heads", "n_head"])?.intValue ?? 1
        return int("head_dim") ?? width / max(1, heads)
    }

    func metadata(_ losses: inout Losses) throws(CheckpointError) -> OrderedDictionary<String, GGUFValue> {
        var result: OrderedDictionary<String, GGUFValue> = [:]
        for key in rules.keys {
            guard let value = config.first(of: key.names) else { continue }
            result[key.gguf] = try self.value(value, of: key)
        }
        if rules.modelType == "gpt2", result["feed_forward_length"] == nil {
            result["feed_forward_length"] = .uint32(UInt32(clamping: 4 * (int("n_embd") ?? 0)))
        }
        let rotary = RotaryConfiguration(config)
        result.merge(try rotary.metadata(hasBase: rules.hasRotaryBase, &losses)) { $1 }
        if rules.hasHeadLengths || int("head_dim") != nil {
            result["attention.key_length"] = .uint32(UInt32(clamping: headSize))
            result["attention.value_length"] = .uint32(UInt32(clamping: headSize))
        }
        if rules.hasRotaryDimensions {
            let share = config.first(of: ["rope_parameters.partial_rotary_factor", "partial_rotary_factor"])
            result["rope.dimension_count"] = .uint32(
                UInt32(clamping: Int(exactly: (Double(headSize) * (share?.doubleValue ?? 1)).rounded(.down)) ?? 0))
        }
        // Of other families llama.cpp counts the tokens, if there are any.
        if rules.hasVocabularySize || !hasTokenizer {
            result["vocab_size"] = .uint32(UInt32(clamping: int("vocab_size") ?? 0))
        }
        for (key, value) in rules.fixed { result[key] = value }
        if rules.hasLongFactors { addLongFactors(rotary, &result) }
        return result
    }

    private func value(_ value: JSON, of key: ConversionFamily.Key) throws(CheckpointError) -> GGUFValue {
        func mismatch(_ expected: String) -> CheckpointError {
            CheckpointError(path: path, location: "key \(key.names[0])", reason: "expected \(expected)")
        }
        switch key.kind {
        case .count:
            guard let count = value.intValue, let stored = UInt32(exactly: count) else {
                throw mismatch("a whole number")
            }
            return .uint32(stored)
        case .number:
            guard let number = value.doubleValue else { throw mismatch("a number") }
            return .float32(Float(number))
        }
    }

    /// Phi-3's length of training, window (0 for none) and factor of attention.
    private func addLongFactors(_ rotary: RotaryConfiguration, _ result: inout OrderedDictionary<String, GGUFValue>) {
        let original =
            int("original_max_position_embeddings")
            ?? rotary.scaling?[path: "original_max_position_embeddings"]?.intValue ?? int("max_position_embeddings")
            ?? 1
        result["rope.scaling.original_context_length"] = .uint32(UInt32(clamping: original))
        if result["attention.sliding_window"] == nil { result["attention.sliding_window"] = .uint32(0) }
        guard rotary.longFactors("long_factor") != nil else { return }
        let scale = Double(int("max_position_embeddings") ?? original) / Double(max(1, original))
        let factor = scale > 1 ? (1 + log(scale) / log(Double(original))).squareRoot() : 1
        result["rope.scaling.attn_factor"] = .float32(Float(factor))
    }
}
