/// A token that is found in the text before anything else is done with it.
struct AddedToken: Sendable, Hashable {
    var id: Int32
    var content: [UInt8]
    /// Only where no letter or digit touches it.
    var isSingleWord = false
    /// Takes the white space before it along.
    var stripsLeft = false
    /// Takes the white space after it along.
    var stripsRight = false
    /// Searched in the normalized text instead of the original.
    var isNormalized = false
    /// Controls the model, so not found where special tokens are not wanted.
    var isSpecial = false
}

/// Finds added tokens: the leftmost first, of those the longest.
struct AddedTokenMatcher: Sendable {
    private let tokens: [AddedToken]
    private let all: ByteTrie
    private let ordinary: ByteTrie
    /// Which bytes any token begins with.
    private var firstBytes = [Bool](repeating: false, count: 256)

    init(_ tokens: [AddedToken]) {
        self.tokens = tokens
        let indices = tokens.indices.lazy.map { (index: $0, token: tokens[$0]) }
        all = ByteTrie(indices.map { ($0.token.content[...], Int32($0.index)) })
        ordinary = ByteTrie(indices.filter { !$0.token.isSpecial }.map { ($0.token.content[...], Int32($0.index)) })
        for token in tokens {
            if let first = token.content.first { firstBytes[Int(first)] = true }
        }
    }

    /// Whether there is nothing to find.
    var isEmpty: Bool { all.isEmpty }

    /// Whether any of the tokens controls the model.
    var hasSpecial: Bool { tokens.contains(where: \.isSpecial) }

    /// Cuts `text` into tokens and the stretches between them.
    ///
    /// - Parameter plain: where the text is nothing but text, in order: no special token reaches into these ranges.
    func forEachPart(
        of text: UnsafeBufferPointer<UInt8>, special: Bool, plain: [Range<Int>] = [],
        _ body: (Range<Int>, Int32?) -> Void
    ) {
        var plain = plain[...]
        let trie = special ? all : ordinary
        var start = 0
        var position = 0
        if !trie.isEmpty {
            while position < text.count {
                guard firstBytes[Int(text[position])],
                    let match = special && !plain.isEmpty
                        ? longestMatch(in: text, from: position, &plain)
                        : trie.longestMatch(in: text, from: position, to: text.count)
                else {
                    position += 1
                    continue
                }
                let token = tokens[Int(match.value)]
                var range = position..<match.end
                position = match.end
                if token.isSingleWord, touchesWord(range, in: text) { continue }
                // Another token may have taken this one's white space along already; both count, as in the reference.
                if token.stripsLeft {
                    let free = max(start, whiteSpace(before: range.lowerBound, in: text))
                    range = min(free, range.upperBound)..<range.upperBound
                }
                if token.stripsRight { range = range.lowerBound..<whiteSpace(after: range.upperBound, in: text) }
                if start < range.lowerBound { body(start..<range.lowerBound, nil) }
                body(range, token.id)
                start = range.upperBound
            }
        }
        if start < text.count { body(start..<text.count, nil) }
    }

    /// The longest token at `position` that is ordinary or ends before the text is `plain`, of which ranges that lie
    /// behind are let go.
    private func longestMatch(
        in text: UnsafeBufferPointer<UInt8>, from position: Int, _ plain: inout ArraySlice<Range<Int>>
    ) -> (end: Int, value: Int32)? {
        while let range = plain.first, range.upperBound <= position { plain.removeFirst() }
        let limit = plain.first?.lowerBound ?? text.count
        let any = position < limit ? all.longestMatch(in: text, from: position, to: limit) : nil
        let ordinary = ordinary.longestMatch(in: text, from: position, to: text.count)
        guard let any, let ordinary else { return any ?? ordinary }
        return any.end >= ordinary.end ? any : ordinary
    }

    private func touchesWord(_ range: Range<Int>, in text: UnsafeBufferPointer<UInt8>) -> Bool {
        if let (scalar, _) = scalar(before: range.lowerBound, in: text), scalar.isWord { return true }
        if range.upperBound < text.count {
            var position = range.upperBound
            return decodeScalar(text, &position).isWord
        }
        return false
    }

    private func whiteSpace(before end: Int, in text: UnsafeBufferPointer<UInt8>) -> Int {
        var start = end
        while let (scalar, position) = scalar(before: start, in: text), scalar.properties.isWhitespace {
            start = position
        }
        return start
    }

    private func whiteSpace(after start: Int, in text: UnsafeBufferPointer<UInt8>) -> Int {
        var end = start
        while end < text.count {
            var next = end
            guard decodeScalar(text, &next).properties.isWhitespace else { break }
            end = next
        }
        return end
    }

    private func scalar(before end: Int, in text: UnsafeBufferPointer<UInt8>) -> (Unicode.Scalar, Int)? {
        guard end > 0 else { return nil }
        var start = end - 1
        while start > 0, end - start < 4, text[start] & 0xC0 == 0x80 { start -= 1 }
        var position = start
        return (decodeScalar(text, &position), start)
    }
}
