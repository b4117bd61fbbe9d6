/// The merges of a byte-pair encoding: which two ids become which, and in what order of preference.
struct MergeTable: Sendable {
    struct Merge: Sendable {
        /// Lower merges first.
        var rank: Int32
        var id: Int32
    }

    private struct Slot {
        var key = UInt64.max
        var merge = Merge(rank: .max, id: -1)
    }

    private var slots: [Slot]

    /// Makes a table with room for `count` merges.
    init(capacity count: Int) {
        var capacity = 16
        while capacity < count + count / 2 { capacity *= 2 }
        slots = Array(repeating: Slot(), count: capacity)
    }

    /// Adds a merge, of which there must not be more than the capacity; with `replacing` a repeated pair keeps its
    /// last rank, else its first.
    mutating func insert(_ left: Int32, _ right: Int32, _ merge: Merge, replacing: Bool) {
        let key = Self.key(left, right)
        let slot = self.slot(of: key)
        if slots[slot].key == .max || replacing { slots[slot] = Slot(key: key, merge: merge) }
    }

    /// The merge of two neighbours, or nil.
    @inline(__always)
    func merge(_ left: Int32, _ right: Int32) -> Merge? {
        let slot = slots[self.slot(of: Self.key(left, right))]
        return slot.key == .max ? nil : slot.merge
    }

    @inline(__always)
    private func slot(of key: UInt64) -> Int {
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: mix(key ^ 0x9E37_79B9_7F4A_7C15)) & mask
        while slots[slot].key != .max, slots[slot].key != key { slot = (slot + 1) & mask }
        return slot
    }

    @inline(__always)
    private static func key(_ left: Int32, _ right: Int32) -> UInt64 {
        UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
    }
}

/// Finds the ids of merges that are written as text, and collects them for a table.
struct MergeReader {
    private let vocabulary: Vocabulary
    private let prefixCount: Int
    private var found: [(left: Int32, right: Int32, merge: MergeTable.Merge)] = []
    /// Merges come in the order of the pieces that they make, so that this or the next is likely the one looked for.
    private var guess: Int32 = 0

    /// A merged piece lacks the first `prefixCount` bytes of its right part.
    init(_ vocabulary: Vocabulary, count: Int, prefixCount: Int = 0) {
        self.vocabulary = vocabulary
        self.prefixCount = prefixCount
        found.reserveCapacity(count)
    }

    /// Adds the merge with this rank; returns whether the vocabulary has both parts and what they make.
    mutating func add(_ left: UnsafeBufferPointer<UInt8>, _ right: UnsafeBufferPointer<UInt8>, rank: Int) -> Bool {
        guard let leftID = vocabulary.id(of: left), let rightID = vocabulary.id(of: right) else { return false }
        let tail = UnsafeBufferPointer(rebasing: right.dropFirst(prefixCount))
        if vocabulary.is(guess + 1, left, tail) {
            guess += 1
        } else if !vocabulary.is(guess, left, tail) {
            let merged = withUnsafeTemporaryAllocation(of: UInt8.self, capacity: left.count + tail.count) { joined in
                _ = joined.update(fromContentsOf: left)
                _ = UnsafeMutableBufferPointer(rebasing: joined[left.count...]).update(fromContentsOf: tail)
                return vocabulary.id(of: UnsafeBufferPointer(joined))
            }
            guard let merged else { return false }
            guess = merged
        }
        found.append((leftID, rightID, MergeTable.Merge(rank: Int32(clamping: rank), id: guess)))
        return true
    }

    /// The table of all merges; with `replacing` a repeated pair keeps its last rank, else its first.
    func table(replacing: Bool) -> MergeTable {
        var table = MergeTable(capacity: found.count)
        for (left, right, merge) in found { table.insert(left, right, merge, replacing: replacing) }
        return table
    }
}
