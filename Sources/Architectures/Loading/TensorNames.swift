/// What a tensor is for.
public enum TensorRole: Sendable, Hashable {
    case embedding, finalNorm, output
    case mixerNorm, query, key, value, attentionOutput
    case feedForwardNorm, gate, up, down
}

/// How a family's files call their tensors; `{}` stands for the number of the layer.
public struct TensorNames: Sendable {
    private let patterns: [TensorRole: String]

    /// Names without their ending, `.weight` or `.bias`.
    public init(_ patterns: [TensorRole: String]) { self.patterns = patterns }

    /// The name of a tensor.
    public func name(_ role: TensorRole, layer: Int = 0, _ part: Part = .weight) -> String {
        let pieces = (patterns[role] ?? "\(role)").split(separator: "{}", omittingEmptySubsequences: false)
        return pieces.joined(separator: String(layer)) + "." + part.rawValue
    }

    /// Which of a layer's tensors is meant.
    public enum Part: String, Sendable {
        case weight, bias
    }

    /// These names with some others in their place.
    public func replacing(_ others: [TensorRole: String]) -> TensorNames {
        TensorNames(patterns.merging(others) { $1 })
    }

    /// The names that GGUF defines for all families.
    public static let gguf = TensorNames([
        .embedding: "token_embd", .finalNorm: "output_norm", .output: "output",
        .mixerNorm: "blk.{}.attn_norm", .query: "blk.{}.attn_q", .key: "blk.{}.attn_k", .value: "blk.{}.attn_v",
        .attentionOutput: "blk.{}.attn_output", .feedForwardNorm: "blk.{}.ffn_norm", .gate: "blk.{}.ffn_gate",
        .up: "blk.{}.ffn_up", .down: "blk.{}.ffn_down",
    ])

    /// The names in Hugging Face checkpoints of the Llama line, which most families took over.
    public static let llama = TensorNames([
        .embedding: "model.embed_tokens", .finalNorm: "model.norm", .output: "lm_head",
        .mixerNorm: "model.layers.{}.input_layernorm", .query: "model.layers.{}.self_attn.q_proj",
        .key: "model.layers.{}.self_attn.k_proj", .value: "model.layers.{}.self_attn.v_proj",
        .attentionOutput: "model.layers.{}.self_attn.o_proj",
        .feedForwardNorm: "model.layers.{}.post_attention_layernorm", .gate: "model.layers.{}.mlp.gate_proj",
        .up: "model.layers.{}.mlp.up_proj", .down: "model.layers.{}.mlp.down_proj",
    ])
}
