import OrderedCollections

/// A SentencePiece vocabulary of any size that can write every text: bytes, the characters of ASCII, then all short words
/// of small letters.
struct SyntheticVocabulary {
    /// The three special tokens and the bytes.
    static let smallestSize = 3 + 256

    let pieces: [String]
    /// What each piece is, as GGUF numbers it.
    let types: [Int32]

    init(size: Int) {
        var pieces = ["<unk>", "<s>", "</s>"]
        pieces += (0..<256).map { byte in
            let digits = String(byte, radix: 16, uppercase: true)
            return "<0x\(digits.count == 1 ? "0" : "")\(digits)>"
        }
        types = [2, 3, 3] + [Int32](repeating: 6, count: 256) + [Int32](repeating: 1, count: size - Self.smallestSize)
        pieces.append("▁")
        pieces += (0x21...0x7E).map { String(UnicodeScalar($0)) }
        // Each round makes the words that are a letter longer, each with and without a space before.
        let letters = (0x61...0x7A).map { String(UnicodeScalar($0)) }
        var words = letters
        while pieces.count < size {
            if words.count > letters.count { pieces += words }
            pieces += words.map { "▁" + $0 }
            words = words.flatMap { word in letters.map { word + $0 } }
        }
        self.pieces = Array(pieces.prefix(size))
    }

    /// The keys of the file; earlier pieces have the higher scores.
    var metadata: OrderedDictionary<String, GGUFWriter.Value> {
        [
            "tokenizer.ggml.model": .string("llama"),
            "tokenizer.ggml.pre": .string("default"),
            "tokenizer.ggml.tokens": .array(pieces.map { .string($0) }),
            "tokenizer.ggml.scores": .array(pieces.indices.map { .float32($0 < Self.smallestSize ? 0 : -Float($0)) }),
            "tokenizer.ggml.token_type": .array(types.map { .int32($0) }),
            "tokenizer.ggml.unknown_token_id": .uint32(0),
            "tokenizer.ggml.bos_token_id": .uint32(1),
            "tokenizer.ggml.eos_token_id": .uint32(2),
            "tokenizer.ggml.add_bos_token": .bool(true),
            "tokenizer.ggml.add_eos_token": .bool(false),
        ]
    }
}
