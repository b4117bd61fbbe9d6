/// A normalized text and the pieces it was cut into, which the model encodes one by one.
struct PreTokenizedText {
    var text: AlignedText
    var pieces: [Range<Int>]
    /// Whether the text begins where the original begins.
    let startsText: Bool

    /// Memory that pieces are written to while others are read.
    private var spare: [Range<Int>]

    init(_ text: AlignedText, startsText: Bool, _ buffers: inout Buffers) {
        self.text = text
        self.startsText = startsText
        (pieces, spare) = (buffers.pieces, buffers.spare)
        buffers = Buffers()
        pieces.removeAll(keepingCapacity: true)
        if !text.bytes.isEmpty { pieces.append(0..<text.bytes.count) }
    }

    /// Memory that one text leaves for the next, unless it is much.
    struct Buffers: Sendable {
        fileprivate var pieces: [Range<Int>] = []
        fileprivate var spare: [Range<Int>] = []
        private static let mostPieces = 1 << 12

        mutating func take(from text: inout PreTokenizedText) {
            if text.pieces.capacity <= Self.mostPieces { swap(&pieces, &text.pieces) }
            if text.spare.capacity <= Self.mostPieces { swap(&spare, &text.spare) }
        }
    }

    /// Takes another text and its pieces; only where origins are not tracked.
    mutating func replace(with bytes: [UInt8], _ pieces: [Range<Int>]) {
        text = AlignedText(bytes)
        self.pieces = pieces
    }

    /// Cuts every piece into those that `find` reports.
    mutating func cut(_ find: (UnsafeBufferPointer<UInt8>, (Range<Int>) -> Void) -> Void) {
        spare.removeAll(keepingCapacity: true)
        spare.reserveCapacity(pieces.count + text.bytes.count / 4)
        text.bytes.withUnsafeBufferPointer { bytes in
            for piece in pieces {
                find(UnsafeBufferPointer(rebasing: bytes[piece])) { part in
                    spare.append(piece.lowerBound + part.lowerBound..<piece.lowerBound + part.upperBound)
                }
            }
        }
        swap(&pieces, &spare)
    }

    /// Cuts every piece at the delimiters that `find` reports in it.
    mutating func split(
        _ behavior: SplitBehavior, invert: Bool = false,
        _ find: (UnsafeBufferPointer<UInt8>, (Range<Int>) -> Void) -> Void
    ) {
        var output: [Range<Int>] = []
        output.reserveCapacity(pieces.count + text.bytes.count / 4)
        var parts: [SplitBehavior.Part] = []
        text.bytes.withUnsafeBufferPointer { bytes in
            for piece in pieces {
                parts.removeAll(keepingCapacity: true)
                var end = piece.lowerBound
                find(UnsafeBufferPointer(rebasing: bytes[piece])) { match in
                    let start = piece.lowerBound + match.lowerBound
                    if end < start { parts.append(.init(range: end..<start, isDelimiter: invert)) }
                    end = piece.lowerBound + match.upperBound
                    parts.append(.init(range: start..<end, isDelimiter: !invert))
                }
                if end < piece.upperBound {
                    parts.append(.init(range: end..<piece.upperBound, isDelimiter: invert))
                }
                behavior.append(parts, to: &output)
            }
        }
        pieces = output
    }

    /// Cuts every piece at the scalars for which `isDelimiter` holds, each a delimiter of its own.
    mutating func split(_ behavior: SplitBehavior, where isDelimiter: (Unicode.Scalar) -> Bool) {
        split(behavior) { bytes, found in
            var position = 0
            while position < bytes.count {
                let start = position
                if isDelimiter(decodeScalar(bytes, &position)) { found(start..<position) }
            }
        }
    }

    /// Rewrites every piece by itself; `index` counts them.
    mutating func rewritePieces(_ body: (inout AlignedText, _ index: Int) -> Void) {
        var output = AlignedText(emptyLike: text)
        var ranges: [Range<Int>] = []
        for (index, piece) in pieces.enumerated() {
            var part = AlignedText(emptyLike: text)
            part.append(text, piece)
            body(&part, index)
            let start = output.bytes.count
            output.append(part, 0..<part.bytes.count)
            ranges.append(start..<output.bytes.count)
        }
        text = output
        pieces = ranges.filter { !$0.isEmpty }
    }
}
