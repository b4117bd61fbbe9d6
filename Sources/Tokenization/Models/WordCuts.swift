/// Where a text that nothing cut before may be cut without any piece of the vocabulary reaching across: between two
/// characters that stand side by side in none.
///
/// Merges on the two sides of such a place never meet, so each side can be merged by itself.
struct WordCuts: Sendable {
    /// A bit for each pair of bytes that end one character and begin the next within a piece.
    private var joined = [UInt64](repeating: 0, count: 256 * 256 / 64)
    /// Stands for the bytes of U+2581, which begins words; no UTF-8 has this byte.
    private static let wordStart: UInt8 = 0xFF

    init(_ vocabulary: Vocabulary) {
        for id in 0..<vocabulary.count {
            vocabulary.pieces.withBytes(of: id) { piece in
                Self.forEachPair(in: piece, 0..<piece.count) { pair, _ in joined[pair >> 6] |= 1 << UInt64(pair & 63) }
            }
        }
    }

    /// Calls `body` with the parts of `piece`.
    @inline(__always)
    func forEachPart(of text: UnsafeBufferPointer<UInt8>, _ piece: Range<Int>, _ body: (Range<Int>) -> Void) {
        var start = piece.lowerBound
        Self.forEachPair(in: text, piece) { pair, place in
            if joined[pair >> 6] >> UInt64(pair & 63) & 1 == 0 {
                body(start..<place)
                start = place
            }
        }
        if start < piece.upperBound { body(start..<piece.upperBound) }
    }

    /// Reports the last byte of a character with the first one of the next, and where that begins.
    @inline(__always)
    private static func forEachPair(
        in text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ body: (_ pair: Int, _ place: Int) -> Void
    ) {
        var last: UInt8?
        var index = range.lowerBound
        while index < range.upperBound {
            let byte = text[index]
            let startsWord =
                byte == 0xE2 && index &+ 2 < range.upperBound && text[index &+ 1] == 0x96 && text[index &+ 2] == 0x81
            let first = startsWord ? wordStart : byte
            if byte & 0xC0 != 0x80, let last { body(Int(last) << 8 | Int(first), index) }
            last = first
            index &+= startsWord ? 3 : 1
        }
    }
}
