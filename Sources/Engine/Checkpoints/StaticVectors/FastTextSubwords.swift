/// How fastText finds the rows of words and texts: parts of words, hashed into buckets (Bojanowski et al. 2017).
struct FastTextSubwords: Sendable {
    /// The number of words, whose rows come first.
    let words: Int
    /// The fewest and most characters of a part.
    let shortest: Int
    let longest: Int
    let buckets: Int
    /// The rows of those n-grams that are left, where a model was pruned.
    let pruned: [Int32: Int32]?
    let isSupervised: Bool
    /// How many words following each other have rows of their own; up to 1 for none.
    let wordNgrams: Int

    private static let end = Array("</s>".utf8)

    /// Whether words have no parts.
    var isEmpty: Bool { longest == 0 || buckets == 0 }

    /// The rows of a word: its own, if it has a number, and those of its parts.
    func rows(of word: [UInt8], index: Int?) -> [Int] {
        var rows = index.map { [$0] } ?? []
        if word != Self.end { appendParts(of: word, to: &rows) }
        return rows
    }

    private func appendParts(of word: [UInt8], to rows: inout [Int]) {
        guard !isEmpty else { return }
        let text = [UInt8(ascii: "<")] + word + [UInt8(ascii: ">")]
        for start in text.indices where text[start] & 0xC0 != 0x80 {
            var end = start
            var characters = 1
            while end < text.count, characters <= longest {
                end += 1
                while end < text.count, text[end] & 0xC0 == 0x80 { end += 1 }
                // The marks of the word's ends are no parts by themselves.
                let isMark = characters == 1 && (start == 0 || end == text.count)
                if characters >= shortest, !isMark {
                    append(UInt64(Self.hash(text[start..<end])), to: &rows)
                }
                characters += 1
            }
        }
    }

    /// Adds the row of an n-gram with the given hash.
    private func append(_ hash: UInt64, to rows: inout [Int]) {
        guard buckets > 0 else { return }
        let bucket = Int32(truncatingIfNeeded: hash % UInt64(buckets))
        guard let pruned else { return rows.append(words + Int(bucket)) }
        if let row = pruned[bucket] { rows.append(words + Int(row)) }
    }

    /// FNV-1a over bytes that are taken as signed, as fastText has it.
    static func hash(_ bytes: some Sequence<UInt8>) -> UInt32 {
        bytes.reduce(2_166_136_261) { ($0 ^ UInt32(bitPattern: Int32(Int8(bitPattern: $1)))) &* 16_777_619 }
    }

    /// The rows of a line as a classifier sees it: words with their parts, the end of the line, and n-grams of words.
    func rows(ofLine tokens: [[UInt8]], index: ([UInt8]) -> Int?) -> [Int] {
        var rows: [Int] = []
        var hashes: [UInt64] = []
        for token in tokens + [Self.end] {
            let index = index(token)
            // What looks like a label is none of the text.
            if index == nil, token.starts(with: "__label__".utf8) { continue }
            rows += self.rows(of: token, index: index)
            hashes.append(UInt64(bitPattern: Int64(Int32(bitPattern: Self.hash(token)))))
        }
        for start in hashes.indices {
            var hash = hashes[start]
            for next in hashes.indices.dropFirst(start + 1).prefix(max(wordNgrams - 1, 0)) {
                hash = hash &* 116_049_371 &+ hashes[next]
                append(hash, to: &rows)
            }
        }
        return rows
    }
}

extension StaticVectors {
    /// fastText's sentence vector: the mean of a line's rows for classifiers, else the mean of the words' vectors, each
    /// brought to length 1 before.
    func sentenceVector(_ text: String, _ subwords: FastTextSubwords) -> (vector: [Float], known: Int, unknown: Int) {
        let separators: Set<UInt8> = [0x20, 0x0A, 0x0D, 0x09, 0x0B, 0x0C, 0]
        let tokens = Array(text.utf8).split(whereSeparator: separators.contains).map(Array.init)
        let isKnown = tokens.map { words.index(of: $0) != nil }
        let known = isKnown.count { $0 }
        if subwords.isSupervised {
            return (mean(ofRows: subwords.rows(ofLine: tokens) { words.index(of: $0) }), known, tokens.count - known)
        }
        var sum = [Float](repeating: 0, count: dimensions)
        var count: Float = 0
        for token in tokens {
            let vector = mean(ofRows: subwords.rows(of: token, index: words.index(of: token)))
            let norm = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
            guard norm > 0 else { continue }
            for position in sum.indices { sum[position] += vector[position] * (1 / norm) }
            count += 1
        }
        return (count > 0 ? sum.map { $0 * (1 / count) } : sum, known, tokens.count - known)
    }
}
