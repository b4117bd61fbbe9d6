public import Tokenization

/// The bytes of tokens, and where each begins.
package struct TokenTexts: Sendable {
    private var bytes: [UInt8] = []
    /// Where each token begins, and the end.
    private var starts = [0]

    /// - Parameter bytes: the bytes of a token.
    package init(_ tokens: [Int32], bytes: (Int32) -> [UInt8]) {
        for token in tokens {
            self.bytes += bytes(token)
            starts.append(self.bytes.count)
        }
    }

    /// The tokens of each occurrence of a text, those that it shares with others included.
    package func ranges(of text: String) -> [Range<Int>] {
        guard !text.isEmpty else { return [] }
        return bytes.ranges(of: Array(text.utf8)).map { found in
            let first = starts.lastIndex { $0 <= found.lowerBound } ?? 0
            let end = starts.firstIndex { $0 >= found.upperBound } ?? starts.count - 1
            return first..<max(first + 1, end)
        }
    }
}

extension Tokenizer {
    /// The tokens of each occurrence of a text, those that it shares with others included: what an ``AttentionControl`` of a
    /// passage is made of.
    public func ranges(of text: String, in tokens: [Int32]) -> [Range<Int>] {
        TokenTexts(tokens, bytes: bytes(of:)).ranges(of: text)
    }
}
