import OrderedCollections

/// A byte-level vocabulary of any size that can write every text: special tokens, bytes, then all short words of small
/// letters, with the merges that lead to them.
struct SyntheticVocabulary {
    private static let special = ["<unk>", "<s>", "</s>"]
    /// The special tokens, the bytes, and one word: without merges there is no byte-pair encoding.
    static let smallestSize = special.count + 256 + 1

    private let pieces: [String]
    private let merges: [String]

    init(size: Int) {
        var pieces = Self.special + Self.byteCharacters
        var merges: [String] = []
        let letters = (0x61...0x7A).map { String(UnicodeScalar($0)) }
        // Each round makes the words that are a letter longer, after a space and without.
        var stems = ["Ġ"] + letters
        while pieces.count < size {
            let pairs = stems.flatMap { stem in letters.map { (stem, $0) } }.prefix(size - pieces.count)
            merges += pairs.map { "\($0) \($1)" }
            stems = pairs.map { $0 + $1 }
            pieces += stems
        }
        self.pieces = pieces
        self.merges = merges
    }

    /// How GPT-2 writes each byte: visible ones as they are, the others as characters from U+0100 on.
    private static let byteCharacters: [String] = {
        var next: UInt32 = 0x100
        return (UInt32(0)..<256).compactMap { byte in
            switch byte {
            case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF: return UnicodeScalar(byte)
            default:
                next += 1
                return UnicodeScalar(next - 1)
            }
        }.map { String(Character($0)) }
    }()

    /// The keys of the file.
    var metadata: OrderedDictionary<String, GGUFValue> {
        [
            "tokenizer.ggml.model": .string("gpt2"),
            "tokenizer.ggml.pre": .string("gpt-2"),
            "tokenizer.ggml.tokens": .array(pieces.map { .string($0) }),
            "tokenizer.ggml.token_type": .array(pieces.indices.map { .int32($0 < Self.special.count ? 3 : 1) }),
            "tokenizer.ggml.merges": .array(merges.map { .string($0) }),
            "tokenizer.ggml.unknown_token_id": .uint32(0),
            "tokenizer.ggml.bos_token_id": .uint32(1),
            "tokenizer.ggml.eos_token_id": .uint32(2),
            "tokenizer.ggml.add_bos_token": .bool(true),
            "tokenizer.ggml.add_eos_token": .bool(false),
        ]
    }
}
