import Architectures
import Checkpoints
import Foundation
import JSONValues
import Testing

/// Configurations that do not fit their tensors, or say what nobody knows: refused before any weight is read, with an error
/// that names the key or tensor and both values.
@Suite struct ContradictionTests {
    struct Change: Sendable, CustomTestStringConvertible {
        var model = "llama"
        let key: String
        let value: JSON
        let words: [String]
        var testDescription: String { "\(model) \(key) \(value)" }
    }

    static let changes = [
        Change(key: "num_hidden_layers", value: 3, words: ["model.layers.2", "is missing"]),
        Change(key: "num_hidden_layers", value: 100_000, words: ["num_hidden_layers", "100000", "4096"]),
        Change(key: "hidden_size", value: 64, words: ["embed_tokens", "[96, 32]", "[96, 64]"]),
        Change(key: "intermediate_size", value: 41, words: ["gate_proj", "[40, 32]", "[41, 32]"]),
        Change(key: "vocab_size", value: 95, words: ["embed_tokens", "[96, 32]", "[95, 32]"]),
        Change(key: "num_key_value_heads", value: 3, words: ["num_key_value_heads", "3", "4 query heads"]),
        Change(key: "num_attention_heads", value: 0, words: ["num_attention_heads", "is 0"]),
        Change(key: "num_attention_heads", value: "four", words: ["num_attention_heads", "not a whole number"]),
        Change(key: "hidden_act", value: "maxout", words: ["hidden_act", "maxout"]),
        Change(key: "model_type", value: "unheard", words: ["unheard", "docs/adding-a-model.md"]),
        Change(key: "rope_scaling", value: ["rope_type": "spiral", "factor": 2], words: ["rope_type", "spiral"]),
        Change(key: "rope_scaling", value: ["rope_type": "linear"], words: ["rope_scaling.factor", "is missing"]),
        Change(
            key: "rope_scaling", value: ["rope_type": "longrope", "short_factor": [1], "long_factor": [1]],
            words: ["short_factor", "4 numbers"]),
        Change(
            key: "rope_scaling", value: ["rope_type": "linear", "factor": 1e30],
            words: ["rope_scaling.factor", "1e+30"]),
        Change(
            key: "rope_scaling", value: ["type": "dynamic", "factor": 1e30], words: ["rope_scaling.factor", "1e+30"]),
        Change(key: "rope_scaling", value: ["type": "yarn", "factor": 1e30], words: ["rope_scaling.factor", "1e+30"]),
        Change(
            key: "rope_scaling", value: ["type": "linear", "factor": 1e300], words: ["rope_scaling.factor", "1e+300"]),
        Change(
            key: "rope_scaling", value: ["type": "linear", "factor": 1e6], words: ["rope_scaling.factor", "16777216"]),
        Change(
            key: "rope_scaling", value: ["type": "linear", "factor": 1e-6], words: ["rope_scaling.factor", "1e-06"]),
        Change(
            key: "rope_scaling",
            value: [
                "rope_type": "llama3", "factor": 8, "low_freq_factor": 4, "high_freq_factor": 4,
                "original_max_position_embeddings": 64,
            ], words: ["high_freq_factor", "low_freq_factor"]),
        Change(key: "rms_norm_eps", value: 1e300, words: ["rms_norm_eps", "1e+300"]),
        Change(key: "head_dim", value: 16_777_216, words: ["head_dim", "4 * 16777216"]),
        Change(
            model: "encoders/mpnet", key: "relative_attention_num_buckets", value: 1, words: ["num_buckets", "is 1"]),
        Change(
            model: "encoders/mpnet", key: "relative_attention_num_buckets", value: 3, words: ["num_buckets", "is 3"]),
        Change(
            model: "encoders/mpnet", key: "relative_attention_num_buckets", value: 512,
            words: ["num_buckets", "is 512"]),
        Change(
            model: "encoders/roberta", key: "pad_token_id", value: .integer(.max), words: ["pad_token_id", "positions"]),
        Change(model: "mamba", key: "state_size", value: 16_777_216, words: ["hidden_size", "16777216"]),
        Change(model: "jamba", key: "mamba_expand", value: 16_777_216, words: ["mamba_expand", "* 16777216"]),
        Change(model: "qwen", key: "intermediate_size", value: 1, words: ["intermediate_size", "two matrices"]),
        Change(key: "attention_bias", value: true, words: ["q_proj.bias", "is missing"]),
        Change(
            model: "qwen2", key: "tie_word_embeddings", value: "yes", words: ["tie_word_embeddings", "not a Boolean"]),
        Change(
            model: "mixtral", key: "num_experts_per_tok", value: 99, words: ["num_experts_per_tok", "99", "experts"]),
        Change(
            model: "mixtral", key: "num_local_experts", value: 1000, words: ["block_sparse_moe.gate", "[1000, 32]"]),
        Change(model: "phi", key: "partial_rotary_factor", value: 1.5, words: ["partial_rotary_factor", "1.5"]),
        Change(model: "gpt2", key: "n_positions", value: 7, words: ["wpe", "[7, 32]"]),
        Change(model: "mamba", key: "state_size", value: 7, words: ["A_log", "7]"]),
        Change(model: "deepseek_v2", key: "n_group", value: 4, words: ["n_group", "6 experts"]),
        Change(model: "rwkv-5", key: "head_size", value: 7, words: ["head_size", "7", "24"]),
        Change(
            model: "decilm", key: "num_key_value_heads_per_layer", value: [4, 2],
            words: ["per_layer", "3 whole numbers"]),
    ]

    @Test(arguments: changes) func areRefused(change: Change) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "swiftlet-\(UUID())")
        let model = change.model.contains("/") ? change.model : "families/\(change.model)"
        try FileManager.default.copyItem(at: Fixtures.url(model), to: folder)
        defer { try? FileManager.default.removeItem(at: folder) }
        var config = try Fixtures.json("\(model)/config.json").objectValue ?? [:]
        config[change.key] = change.value
        try Data(JSON.object(config).text().utf8).write(to: folder.appending(path: "config.json"))
        let error = #expect(throws: ArchitectureError.self) { try NetworkLoader(Checkpoint.open(folder.path)) }
        for word in change.words {
            #expect(error?.description.contains(word) == true, "\(error?.description ?? "no error")")
        }
    }
}
