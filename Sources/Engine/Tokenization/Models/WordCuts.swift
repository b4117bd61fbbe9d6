/// Where a text that nothing cut before may be cut without any piece of the vocabulary reaching across: between two
/// characters that stand side by side in none.
///
/// Merges on the two sides of such a place never meet, so each side can be merged by itself.
struct WordCuts: Sendable {
    /// A bit for each hash of two neighbours within a piece; two pairs may share one, which only saves a cut.
    private var joined: [UInt64]

    init(_ vocabulary: Vocabulary) {
        var bitCount = 1 << 16
        while bitCount < vocabulary.count * 8 { bitCount *= 2 }
        joined = Array(repeating: 0, count: bitCount / 64)
        let mask = joined.count - 1
        for id in 0..<vocabulary.count {
            vocabulary.pieces.withBytes(of: id) { piece in
                Self.forEachPair(in: piece, 0..<piece.count) { hash, _ in
                    joined[Int(hash >> 6) & mask] |= 1 << UInt64(hash & 63)
                }
            }
        }
    }

    /// Calls `body` with the parts of `piece`.
    @inline(__always)
    func forEachPart(of text: UnsafeBufferPointer<UInt8>, _ piece: Range<Int>, _ body: (Range<Int>) -> Void) {
        let mask = joined.count - 1
        var start = piece.lowerBound
        Self.forEachPair(in: text, piece) { hash, place in
            if joined[Int(hash >> 6) & mask] >> UInt64(hash & 63) & 1 == 0 {
                body(start..<place)
                start = place
            }
        }
        if start < piece.upperBound { body(start..<piece.upperBound) }
    }

    /// Reports a hash of each two neighbours and where the second one begins.
    @inline(__always)
    private static func forEachPair(
        in text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ body: (_ hash: UInt32, _ place: Int) -> Void
    ) {
        guard !range.isEmpty else { return }
        var index = range.lowerBound
        var last = decodeScalar(text, &index).value
        while index < range.upperBound {
            let place = index
            let next = decodeScalar(text, &index).value
            body((last &* 0x9E37_79B1 ^ next) &* 0x85EB_CA77 >> 8, place)
            last = next
        }
    }
}
