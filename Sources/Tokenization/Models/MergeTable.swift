/// The merges of a byte-pair encoding: which two ids become which, and in what order of preference.
struct MergeTable: Sendable {
    struct Merge: Sendable {
        /// Lower merges first.
        var rank: Int32
        var id: Int32
    }

    private var keys: [UInt64]
    private var merges: [Merge]

    /// Makes a table with room for `count` merges.
    init(capacity count: Int) {
        var capacity = 16
        while capacity < count * 2 { capacity *= 2 }
        keys = Array(repeating: .max, count: capacity)
        merges = Array(repeating: Merge(rank: .max, id: -1), count: capacity)
    }

    /// Adds a merge, of which there must not be more than the capacity; with `replacing` a repeated pair keeps its
    /// last rank, else its first.
    mutating func insert(_ left: Int32, _ right: Int32, _ merge: Merge, replacing: Bool) {
        let slot = self.slot(of: Self.key(left, right))
        if keys[slot] == .max || replacing {
            keys[slot] = Self.key(left, right)
            merges[slot] = merge
        }
    }

    /// The merge of two neighbours, or nil.
    @inline(__always)
    func merge(_ left: Int32, _ right: Int32) -> Merge? {
        let slot = self.slot(of: Self.key(left, right))
        return keys[slot] == .max ? nil : merges[slot]
    }

    @inline(__always)
    private func slot(of key: UInt64) -> Int {
        let mask = keys.count - 1
        var slot = Int(truncatingIfNeeded: mix(key ^ 0x9E37_79B9_7F4A_7C15)) & mask
        while keys[slot] != .max, keys[slot] != key { slot = (slot + 1) & mask }
        return slot
    }

    @inline(__always)
    private static func key(_ left: Int32, _ right: Int32) -> UInt64 {
        UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
    }
}
