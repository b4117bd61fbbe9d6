/// SentencePiece's normalizer: rules, white space, the dummy prefix.
struct SentencePieceNormalization: Sendable {
    var characterMap: CharacterMap?
    var addsDummyPrefix = true
    var removesExtraSpaces = true
    var escapesSpaces = true
    var treatsSpaceAsSuffix = false
    /// Symbols that pass unchanged.
    var protected = ByteTrie()

    func apply(to text: inout AlignedText) {
        let source = text
        var spaced = AlignedText(emptyLike: source)
        var isBlank = true
        source.bytes.withUnsafeBufferPointer { bytes in
            var position = 0
            while position < bytes.count {
                let count = spaced.bytes.count
                position = normalizePrefix(of: bytes, at: position, source, &spaced)
                isBlank = isBlank && spaced.bytes[count...].elementsEqual(CollectionOfOne(0x20))
            }
        }
        finish(&spaced)
        // Of a text that the rules empty, though it is no white space, the dummy space is left.
        if spaced.bytes.isEmpty, addsDummyPrefix, !source.bytes.isEmpty,
            removesExtraSpaces ? !isBlank && treatsSpaceAsSuffix : true
        {
            spaced.append(space, for: source, 0..<source.bytes.count)
        }
        text = spaced
    }

    /// Adds what the next characters become; returns where they end.
    private func normalizePrefix(
        of bytes: UnsafeBufferPointer<UInt8>, at start: Int, _ source: AlignedText, _ output: inout AlignedText
    ) -> Int {
        if let match = protected.longestMatch(in: bytes, from: start, to: bytes.count) {
            output.append(source, start..<match.end)
            return match.end
        }
        if let (end, new) = characterMap?.match(in: bytes, from: start, to: bytes.count, longest: true) {
            output.append(new, for: source, start..<end)
            return end
        }
        var end = start
        let scalar = decodeScalar(bytes, &end)
        output.append(scalar, for: source, start..<end)
        return end
    }

    private var space: [UInt8] { escapesSpaces ? Array("▁".utf8) : [0x20] }

    private func finish(_ text: inout AlignedText) {
        let source = text
        let space = self.space
        var range = 0..<source.bytes.count
        if removesExtraSpaces {
            while let first = range.first, source.bytes[first] == 0x20 { range = range.dropFirst() }
            while !range.isEmpty {
                if source.bytes[range.upperBound - 1] == 0x20 {
                    range = range.dropLast()
                } else if escapesSpaces, source.bytes[range].suffix(space.count).elementsEqual(space) {
                    // At the end an escaped space that the text itself has counts, too.
                    range = range.dropLast(space.count)
                } else {
                    break
                }
            }
        }
        var output = AlignedText(emptyLike: source)
        guard !range.isEmpty else {
            text = output
            return
        }
        if addsDummyPrefix, !treatsSpaceAsSuffix {
            output.append(space, for: source, range.lowerBound..<range.lowerBound + 1)
        }
        var afterSpace = false
        for index in range {
            if source.bytes[index] == 0x20 {
                if !(removesExtraSpaces && afterSpace) { output.append(space, for: source, index..<index + 1) }
                afterSpace = true
            } else {
                output.append(source, index..<index + 1)
                afterSpace = false
            }
        }
        if addsDummyPrefix, treatsSpaceAsSuffix {
            output.append(space, for: source, range.upperBound - 1..<range.upperBound)
        }
        text = output
    }
}
