// A prompt that ends within what the model knows as one token is hard to continue: "http:" is never followed by "//" in what it
// has read. Taking the last tokens back and asking for their text first heals that (guidance's token healing).

extension TokenTrie {
    /// How many of the last tokens to take back so that no longer token is ruled out by where the text ends, and their bytes.
    ///
    /// The longest end of the last four tokens' text, wherever it begins, that some token goes beyond is within them. Tokens up
    /// to the last special one stay, and so does the first.
    ///
    /// - Parameter mayFollow: whether a token that begins with these bytes can go on with what the answer may be.
    package func healing<Failure: Error>(
        of tokens: [Int32], mayFollow: ([UInt8]) throws(Failure) -> Bool
    ) throws(Failure) -> (count: Int, bytes: [UInt8]) {
        let texts = tokens.dropFirst().suffix(4).map { bytes(of: $0) }
        let plain = texts.suffix(while: { !$0.isEmpty && $0.first != SpecialTexts.mark })
        let end = Array(plain.joined())
        for start in end.indices.suffix(longestToken) {
            let wanted = Array(end[start...])
            guard hasLongerToken(than: wanted), try mayFollow(wanted) else { continue }
            var (count, length) = (0, 0)
            for text in plain.reversed() where length < wanted.count {
                count += 1
                length += text.count
            }
            return (count, Array(end.suffix(length)))
        }
        return (0, [])
    }

    private func hasLongerToken(than bytes: [UInt8]) -> Bool {
        let path = tree.path(bytes)
        guard path.count == bytes.count + 1, let last = path.last else { return false }
        let node = tree.nodes[Int(last)]
        return node.endOfSubtree > node.endOfTokens
    }

    /// Allows in `mask` the tokens that `prefix` begins with, and no others; gives the node of the whole prefix, if a token is
    /// longer.
    func mask(into mask: inout TokenMask, within prefix: [UInt8]) -> Int32? {
        if mask.count == vocabularySize { mask.clear() } else { mask = TokenMask(count: vocabularySize) }
        let path = tree.path(prefix)
        for number in path.dropFirst() {
            let node = tree.nodes[Int(number)]
            for position in node.firstToken..<node.endOfTokens { mask.insert(tree.tokens[Int(position)]) }
        }
        return path.count == prefix.count + 1 ? path.last : nil
    }

    /// Allows in `mask` the tokens that `prefix` begins with, and those that begin with it.
    package func mask(into mask: inout TokenMask, beginning prefix: [UInt8]) {
        guard let last = self.mask(into: &mask, within: prefix) else { return }
        let node = tree.nodes[Int(last)]
        for position in node.firstToken..<node.endOfSubtree { mask.insert(tree.tokens[Int(position)]) }
    }
}

extension BidirectionalCollection {
    /// The longest end whose elements all fulfil a condition.
    fileprivate func suffix(while isIncluded: (Element) -> Bool) -> SubSequence {
        var start = endIndex
        while start > startIndex, isIncluded(self[index(before: start)]) { start = index(before: start) }
        return self[start...]
    }
}
