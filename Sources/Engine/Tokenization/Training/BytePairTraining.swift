package import JSONValues

/// Learns a vocabulary of byte pairs from texts (Sennrich et al. 2016, on bytes as GPT-2 has it).
///
/// Texts are cut as GPT-2's pattern does: words with the space before them, numbers, marks, white space. Of pairs that are
/// equally frequent the first in the order of their pieces is merged, so that the same texts give the same vocabulary.
package struct BytePairTraining {
    /// The most tokens, the 256 bytes and the special ones included.
    private let vocabularySize: Int
    private let specialTokens: [String]

    package init(vocabularySize: Int, specialTokens: [String]) {
        (self.vocabularySize, self.specialTokens) = (vocabularySize, specialTokens)
    }

    /// A tokenizer in the form of a `tokenizer.json`.
    package func tokenizer(of texts: some Sequence<String>) -> (json: JSON, vocabularySize: Int) {
        var words: [[UInt8]: Int] = [:]
        for text in texts { Self.count(text, into: &words) }
        var entries = words.sorted { $0.key.lexicographicallyPrecedes($1.key) }
            .map { (pieces: $0.key.map { String(ByteAlphabet.scalars[Int($0)]) }, count: $0.value) }
        var pieces = specialTokens + ByteAlphabet.scalars.map { String($0) }
        var merges: [(String, String)] = []
        while pieces.count < vocabularySize, let (first, second) = Self.bestPair(entries) {
            merges.append((first, second))
            pieces.append(first + second)
            for index in entries.indices { Self.merge(first, second, in: &entries[index].pieces) }
        }
        return (json(pieces, merges), pieces.count)
    }

    private static func count(_ text: String, into words: inout [[UInt8]: Int]) {
        var word: [UInt8] = []
        var kind: Kind?
        func finish() { if !word.isEmpty { words[word, default: 0] += 1 } }
        for byte in text.utf8 {
            let next = Kind(byte)
            // One space belongs to what comes after it.
            if next != kind, !(word == [0x20] && next != .space) {
                finish()
                word = []
            } else if next == .space, word == [0x20], byte == 0x20 {
                finish()
                word = []
            }
            word.append(byte)
            kind = next
        }
        finish()
    }

    private enum Kind {
        case letter, digit, mark, space

        init(_ byte: UInt8) {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), 0x80...: self = .letter
            case UInt8(ascii: "0")...UInt8(ascii: "9"): self = .digit
            case 0x20, 0x09...0x0D: self = .space
            default: self = .mark
            }
        }
    }

    private static func bestPair(_ entries: [(pieces: [String], count: Int)]) -> (String, String)? {
        struct Pair: Hashable {
            var first: String
            var second: String
        }
        var counts: [Pair: Int] = [:]
        for (pieces, count) in entries {
            for (first, second) in zip(pieces, pieces.dropFirst()) {
                counts[Pair(first: first, second: second), default: 0] += count
            }
        }
        // A pair that stands there once teaches nothing.
        let best = counts.filter { $0.value > 1 }.min { one, other in
            (other.value, one.key.first, one.key.second) < (one.value, other.key.first, other.key.second)
        }
        return best.map { ($0.key.first, $0.key.second) }
    }

    private static func merge(_ first: String, _ second: String, in pieces: inout [String]) {
        guard pieces.count > 1 else { return }
        var merged: [String] = []
        var index = 0
        while index < pieces.count {
            if index + 1 < pieces.count, pieces[index] == first, pieces[index + 1] == second {
                merged.append(first + second)
                index += 2
            } else {
                merged.append(pieces[index])
                index += 1
            }
        }
        pieces = merged
    }

    private func json(_ pieces: [String], _ merges: [(String, String)]) -> JSON {
        let byteLevel: JSON = [
            "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": false, "use_regex": true,
        ]
        let added = specialTokens.enumerated().map { id, token -> JSON in
            [
                "id": .integer(id), "content": .string(token), "single_word": false, "lstrip": false, "rstrip": false,
                "normalized": false, "special": true,
            ]
        }
        let vocabulary = JSON.Object(
            pieces.enumerated().map { ($1, JSON.integer($0)) }, uniquingKeysWith: { first, _ in first })
        return [
            "version": "1.0", "truncation": nil, "padding": nil, "added_tokens": .array(added), "normalizer": nil,
            "pre_tokenizer": byteLevel, "post_processor": byteLevel, "decoder": byteLevel,
            "model": [
                "type": "BPE", "dropout": nil, "unk_token": nil, "continuing_subword_prefix": nil,
                "end_of_word_suffix": nil, "fuse_unk": false, "byte_fallback": false, "ignore_merges": false,
                "vocab": .object(vocabulary), "merges": .array(merges.map { .array([.string($0.0), .string($0.1)]) }),
            ],
        ]
    }
}
