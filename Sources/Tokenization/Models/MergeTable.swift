/// The merges of a byte-pair encoding: which two ids become which, and in what order of preference.
struct MergeTable: Sendable {
    struct Merge: Sendable {
        /// Lower merges first.
        var rank: Int32
        var id: Int32
    }

    /// Where the merge of a pair is among the listed ones, -1 for none.
    private var slots: [Int32]
    private var keys: [UInt64] = []
    private var merges: [Merge] = []

    /// Makes a table with room for `count` merges.
    init(capacity count: Int) {
        var capacity = 16
        while capacity < count * 2 { capacity *= 2 }
        slots = Array(repeating: -1, count: capacity)
        keys.reserveCapacity(count)
        merges.reserveCapacity(count)
    }

    /// Adds a merge, of which there must not be more than the capacity; with `replacing` a repeated pair keeps its
    /// last rank, else its first.
    mutating func insert(_ left: Int32, _ right: Int32, _ merge: Merge, replacing: Bool) {
        let key = Self.key(left, right)
        let slot = self.slot(of: key)
        if slots[slot] < 0 {
            slots[slot] = Int32(truncatingIfNeeded: keys.count)
            keys.append(key)
            merges.append(merge)
        } else if replacing {
            merges[Int(slots[slot])] = merge
        }
    }

    /// The merge of two neighbours, or nil.
    @inline(__always)
    func merge(_ left: Int32, _ right: Int32) -> Merge? {
        let index = slots[slot(of: Self.key(left, right))]
        return index < 0 ? nil : merges[Int(index)]
    }

    @inline(__always)
    private func slot(of key: UInt64) -> Int {
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: mix(key ^ 0x9E37_79B9_7F4A_7C15)) & mask
        while slots[slot] >= 0, keys[Int(slots[slot])] != key { slot = (slot + 1) & mask }
        return slot
    }

    @inline(__always)
    private static func key(_ left: Int32, _ right: Int32) -> UInt64 {
        UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
    }
}
