/// The name of a tensor in a layer: `model.layers.3.mlp.up_proj.weight` is `mlp.up_proj.weight` of layer 3 of `model.layers`.
struct LayerName: Sendable, Hashable {
    /// The stack of layers that it lies in.
    let stack: String
    /// Which of them, from 0.
    let layer: Int
    /// What follows.
    let part: String

    /// Reads a name; nil if no number stands in it between points.
    init?(_ name: String) {
        var start = name.startIndex
        while let point = name[start...].firstIndex(of: ".") {
            let first = name.index(after: point)
            guard let end = name[first...].firstIndex(of: ".") else { return nil }
            if let layer = Self.number(name[first..<end]) {
                (stack, self.layer, part) = (String(name[..<point]), layer, String(name[name.index(after: end)...]))
                return
            }
            start = first
        }
        return nil
    }

    private static func number(_ text: Substring) -> Int? {
        guard !text.isEmpty, text.utf8.count < 8, text.utf8.allSatisfy({ 48...57 ~= $0 }) else { return nil }
        return Int(text)
    }

    /// The name of the same part in another layer.
    static func name(_ stack: String, _ layer: Int, _ part: String) -> String { "\(stack).\(layer).\(part)" }
}

/// What is known of tensors by their names.
enum TensorNames {
    /// Whether a tensor outside of the layers comes before them.
    static func isBeforeLayers(_ name: String) -> Bool {
        name.contains("emb") || name.contains("wte") || name.contains("wpe")
    }

    /// Whether a model of the architecture may lack a tensor.
    static func isOptional(_ name: String) -> Bool {
        name.hasSuffix(".bias") || isHead(name) || name.hasSuffix("rotary_emb.inv_freq")
            || name.hasSuffix(".masked_bias")
    }

    /// Whether it is a projection onto the vocabulary.
    static func isHead(_ name: String) -> Bool { name.hasSuffix("lm_head.weight") || name == "embed_out.weight" }

    /// Whether it is the embedding of tokens.
    static func isEmbedding(_ name: String) -> Bool {
        isVocabulary(name) && isBeforeLayers(name) && !name.contains("out")
    }

    /// Whether its rows stand for tokens.
    static func isVocabulary(_ name: String) -> Bool {
        let ends = [
            "embed_tokens.weight", "lm_head.weight", "lm_head.bias", "wte.weight", "word_embeddings.weight",
            "embed_in.weight", "embed_out.weight", "tok_embeddings.weight", "shared.weight",
            "backbone.embeddings.weight",
            "embeddings.word_embeddings.weight", "vocab_projector.weight", "vocab_projector.bias",
        ]
        return name == "output.weight" || ends.contains { name == $0 || name.hasSuffix(".\($0)") }
    }

    /// The embedding that a head is tied to where a model has no head of its own.
    static func tied(_ head: String) -> [String] {
        guard isHead(head) else { return [] }
        return [
            "model.embed_tokens.weight", "model.language_model.embed_tokens.weight",
            "language_model.model.embed_tokens.weight",
            "transformer.wte.weight", "gpt_neox.embed_in.weight",
        ]
    }
}
