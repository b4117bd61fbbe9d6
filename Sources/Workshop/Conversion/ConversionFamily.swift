import Checkpoints
import JSONValues

/// How the configuration of a family is said in a GGUF file, as llama.cpp's converter writes it.
struct ConversionFamily {
    /// What a key's value is in GGUF.
    enum Kind { case count, number }

    /// A key in both worlds. The first of the names is written; a dot leads into an object.
    struct Key {
        let gguf: String
        let kind: Kind
        let names: [String]
    }

    /// `general.architecture`.
    let architecture: String
    /// `model_type` of config.json.
    let modelType: String
    /// The class in `architectures` of config.json.
    let className: String
    let keys: [Key]
    /// What is added to the weights of norms.
    var normOffset: Float = 0
    /// Whether `key_length` and `value_length` are always there.
    var hasHeadLengths = false
    /// Whether `vocab_size` and `rope.dimension_count` are there.
    var hasRotaryDimensions = false
    /// Whether positions are rotated, so that there is a base.
    var hasRotaryBase = true
    /// Whether factors of long positions are tensors.
    var hasLongFactors = false
    /// What config.json says of every model.
    var constants: JSON.Object = [:]
    /// Keys of config.json that change the network, and what GGUF takes for granted about them: other values are refused.
    var assumed: [(key: String, values: [JSON])] = []

    /// What config.json means by leaving out a key that GGUF takes something else for granted about.
    var missing: JSON.Object = [:]
    /// Keys that every file has, whatever config.json says.
    var fixed: [(key: String, value: GGUFValue)] = []

    /// Whether the embedding is the output too where config.json does not say.
    var tiesByDefault: Bool { ["gpt2", "cohere", "starcoder2"].contains(modelType) || normOffset != 0 }
    /// Whether the size of the vocabulary is said though there is a tokenizer.
    var hasVocabularySize: Bool { ["llama", "smollm3", "granite"].contains(architecture) }

    static let all: [ConversionFamily] = [
        llama, mistral, mixtral, qwen2, qwen2MoE, qwen3, qwen3MoE, gemma, gemma2, gemma3, phi, phi3, gpt2, smolLM3,
        olmo, olmo2, granite, starCoder2, cohere,
    ]

    static func of(modelType: String) -> ConversionFamily? { all.first { $0.modelType == modelType } }

    /// The family of a GGUF file; those of one architecture differ by their experts.
    static func of(architecture: String, experts: Int) -> ConversionFamily? {
        if architecture == "mistral" { return mistral }
        return all.first {
            $0.architecture == architecture && ($0.modelType == "mixtral") == (architecture == "llama" && experts > 0)
        }
    }

    static let layers = count("block_count", "num_hidden_layers", "n_layer")
    static let context = count("context_length", "max_position_embeddings", "n_positions", "n_ctx")
    static let width = count("embedding_length", "hidden_size", "n_embd")
    static let network = count("feed_forward_length", "intermediate_size", "n_inner")
    static let heads = count("attention.head_count", "num_attention_heads", "n_head")
    static let keyHeads = count("attention.head_count_kv", "num_key_value_heads")
    static let rms = number("attention.layer_norm_rms_epsilon", "rms_norm_eps")
    static let layerNorm = number("attention.layer_norm_epsilon", "layer_norm_epsilon", "norm_epsilon")
    static let window = count("attention.sliding_window", "sliding_window")
    static let common = [layers, context, width, network, heads, keyHeads, rms]
    private static let experts = [
        count("expert_count", "num_local_experts", "num_experts"), count("expert_used_count", "num_experts_per_tok"),
    ]

    static func count(_ gguf: String, _ names: String...) -> Key { Key(gguf: gguf, kind: .count, names: names) }
    static func number(_ gguf: String, _ names: String...) -> Key {
        Key(gguf: gguf, kind: .number, names: names)
    }

    static let silu: (String, [JSON]) = ("hidden_act", ["silu"])
    static let noWindow: (String, [JSON]) = ("sliding_window", [.null])

    private static let llama = ConversionFamily(
        architecture: "llama", modelType: "llama", className: "LlamaForCausalLM", keys: common,
        hasRotaryDimensions: true, constants: ["hidden_act": "silu"], assumed: [silu])

    private static let mistral = ConversionFamily(
        architecture: "llama", modelType: "mistral", className: "MistralForCausalLM", keys: common,
        hasRotaryDimensions: true, constants: ["hidden_act": "silu", "sliding_window": .null],
        assumed: [silu, noWindow])

    private static let mixtral = ConversionFamily(
        architecture: "llama", modelType: "mixtral", className: "MixtralForCausalLM", keys: common + experts,
        hasRotaryDimensions: true, constants: ["hidden_act": "silu", "sliding_window": .null],
        assumed: [silu, noWindow])

    private static let qwen2 = ConversionFamily(
        architecture: "qwen2", modelType: "qwen2", className: "Qwen2ForCausalLM", keys: common,
        constants: ["hidden_act": "silu", "use_sliding_window": false],
        assumed: [silu, ("use_sliding_window", [false])])

    private static let qwen3 = ConversionFamily(
        architecture: "qwen3", modelType: "qwen3", className: "Qwen3ForCausalLM", keys: common, hasHeadLengths: true,
        constants: ["hidden_act": "silu", "use_sliding_window": false, "attention_bias": false],
        assumed: [silu, ("use_sliding_window", [false]), ("attention_bias", [false])])

    private static let gemma = ConversionFamily(
        architecture: "gemma", modelType: "gemma", className: "GemmaForCausalLM", keys: common, normOffset: 1,
        hasHeadLengths: true, hasRotaryBase: false,
        constants: ["hidden_act": "gelu_pytorch_tanh", "hidden_activation": "gelu_pytorch_tanh"],
        assumed: [("rope_theta", [10_000])])

    private static let gemma2 = ConversionFamily(
        architecture: "gemma2", modelType: "gemma2", className: "Gemma2ForCausalLM",
        keys: common + [
            window, number("attn_logit_softcapping", "attn_logit_softcapping"),
            number("final_logit_softcapping", "final_logit_softcapping"),
        ], normOffset: 1, hasHeadLengths: true, hasRotaryBase: false,
        constants: ["hidden_act": "gelu_pytorch_tanh", "hidden_activation": "gelu_pytorch_tanh"],
        assumed: [("rope_theta", [10_000])])

    private static let gemma3 = ConversionFamily(
        architecture: "gemma3", modelType: "gemma3_text", className: "Gemma3ForCausalLM",
        keys: common + [window, number("final_logit_softcapping", "final_logit_softcapping")], normOffset: 1,
        hasHeadLengths: true,
        constants: ["hidden_activation": "gelu_pytorch_tanh", "attn_logit_softcapping": .null],
        assumed: [("attn_logit_softcapping", [.null])])

    private static let phi3 = ConversionFamily(
        architecture: "phi3", modelType: "phi3", className: "Phi3ForCausalLM",
        keys: common + [
            window,
            count("rope.scaling.original_context_length", "original_max_position_embeddings"),
        ], hasRotaryDimensions: true, hasLongFactors: true, constants: ["hidden_act": "silu"], assumed: [silu])

    private static let gpt2 = ConversionFamily(
        architecture: "gpt2", modelType: "gpt2", className: "GPT2LMHeadModel",
        keys: [
            count("block_count", "n_layer"), count("context_length", "n_positions", "n_ctx"),
            count("embedding_length", "n_embd"), count("feed_forward_length", "n_inner"),
            count("attention.head_count", "n_head"), layerNorm,
        ], hasRotaryBase: false, constants: ["activation_function": "gelu_new"],
        assumed: [
            ("activation_function", ["gelu_new"]), ("scale_attn_weights", [true]),
            ("scale_attn_by_inverse_layer_idx", [false]),
        ])

    private static let smolLM3 = ConversionFamily(
        architecture: "smollm3", modelType: "smollm3", className: "SmolLM3ForCausalLM", keys: common,
        hasRotaryDimensions: true,
        constants: ["hidden_act": "silu", "sliding_window": .null, "no_rope_layer_interval": 4],
        assumed: [silu, ("use_sliding_window", [false])])
}
