/// A set of bytes, one bit each.
struct ByteSet: Hashable, Sendable {
    private(set) var words: SIMD4<UInt64> = .zero

    static let all = ByteSet(0...255)

    init() {}

    init(_ range: ClosedRange<UInt8>) {
        for byte in range { insert(byte) }
    }

    init(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { insert(byte) }
    }

    var isEmpty: Bool { words == .zero }

    var count: Int {
        words.x.nonzeroBitCount + words.y.nonzeroBitCount + words.z.nonzeroBitCount + words.w.nonzeroBitCount
    }

    mutating func insert(_ byte: UInt8) { words[Int(byte >> 6)] |= 1 << UInt64(byte & 63) }

    @inline(__always)
    func contains(_ byte: UInt8) -> Bool { words[Int(byte >> 6)] >> UInt64(byte & 63) & 1 != 0 }

    func union(_ other: ByteSet) -> ByteSet {
        var result = self
        result.words |= other.words
        return result
    }

    func intersection(_ other: ByteSet) -> ByteSet {
        var result = self
        result.words &= other.words
        return result
    }

    var inverted: ByteSet {
        var result = self
        result.words = ~words
        return result
    }

    /// The bytes in ascending order.
    var bytes: [UInt8] { (0...255).filter { contains(UInt8($0)) }.map { UInt8($0) } }
}
