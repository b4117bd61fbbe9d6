/// The tokens that may come next, one bit each.
public struct TokenMask: Sendable, Hashable {
    /// Token `id` is bit `id % 64` of word `id / 64`.
    public private(set) var words: [UInt64]
    /// How many tokens there are.
    public let count: Int

    /// A mask for `count` tokens that allows none.
    public init(count: Int) {
        self.count = count
        words = Array(repeating: 0, count: (count + 63) / 64)
    }

    /// Whether the token with this id is allowed; false for ids out of range.
    public subscript(_ id: Int32) -> Bool {
        guard id >= 0, Int(id) < count else { return false }
        return words[Int(id >> 6)] >> UInt64(id & 63) & 1 != 0
    }

    /// How many tokens are allowed.
    public var allowedCount: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }

    /// The ids that are allowed, in ascending order.
    public var allowed: [Int32] { (0..<Int32(count)).filter { self[$0] } }

    /// Forbids every token.
    public mutating func clear() {
        for index in words.indices { words[index] = 0 }
    }

    /// Allows the token with this id, which must be in range.
    @inline(__always)
    mutating func insert(_ id: Int32) { words[Int(id >> 6)] |= 1 << UInt64(id & 63) }

    /// Forbids the token with this id, which must be in range.
    @inline(__always)
    mutating func remove(_ id: Int32) { words[Int(id >> 6)] &= ~(1 << UInt64(id & 63)) }

    /// Allows what `other`, of the same size, allows.
    mutating func formUnion(_ other: [UInt64]) {
        words.withUnsafeMutableBufferPointer { words in
            other.withUnsafeBufferPointer { other in
                for index in 0..<min(words.count, other.count) { words[index] |= other[index] }
            }
        }
    }
}
