/// The merges of a byte-pair encoding: which two ids become which, and in what order of preference.
struct MergeTable: Sendable {
    struct Merge: Sendable {
        /// Lower merges first.
        var rank: Int32
        var id: Int32
    }

    private struct Pair {
        var left: Int32
        var right: Int32
        var id: Int32
    }

    /// The merges by rank.
    private var pairs: [Pair] = []
    /// For each hash one more than the rank in 24 bits, and above it bits of the hash, which save most looks at other
    /// pairs: most neighbours do not merge, and a small table answers that from the processor's cache.
    private var slots: [UInt32] = []

    private static let rankMask: UInt32 = 0xFF_FFFF
    /// How many merges there may be.
    static let largestCount = Int(rankMask) - 1

    mutating func reserveCapacity(_ count: Int) { pairs.reserveCapacity(count) }

    /// Adds a merge that ranks after all others.
    mutating func append(_ left: Int32, _ right: Int32, to id: Int32) {
        pairs.append(Pair(left: left, right: right, id: id))
    }

    /// Makes the merges known to ``merge(_:_:)``; with `replacing` a repeated pair keeps its last rank, else its first.
    mutating func index(replacing: Bool) {
        var capacity = 16
        while capacity < pairs.count + pairs.count / 2 { capacity *= 2 }
        slots = Array(repeating: 0, count: capacity)
        for (rank, pair) in pairs.enumerated().prefix(Self.largestCount) {
            let hash = Self.hash(pair.left, pair.right)
            let slot = self.slot(of: pair.left, pair.right, hash)
            if slots[slot] == 0 || replacing { slots[slot] = UInt32(rank + 1) | Self.tag(hash) }
        }
    }

    /// The merge of two neighbours, or nil.
    @inline(__always)
    func merge(_ left: Int32, _ right: Int32) -> Merge? {
        let value = slots[slot(of: left, right, Self.hash(left, right))] & Self.rankMask
        guard value > 0 else { return nil }
        return Merge(rank: Int32(truncatingIfNeeded: value &- 1), id: pairs[Int(value &- 1)].id)
    }

    /// The slot of a pair, or the free one where it would be put.
    @inline(__always)
    private func slot(of left: Int32, _ right: Int32, _ hash: UInt64) -> Int {
        let mask = slots.count - 1
        let tag = Self.tag(hash)
        var slot = Int(truncatingIfNeeded: hash) & mask
        while slots[slot] != 0 {
            if slots[slot] & ~Self.rankMask == tag {
                let pair = pairs[Int(slots[slot] & Self.rankMask) &- 1]
                if pair.left == left, pair.right == right { break }
            }
            slot = (slot + 1) & mask
        }
        return slot
    }

    @inline(__always)
    private static func hash(_ left: Int32, _ right: Int32) -> UInt64 {
        let key = UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
        return mix(key ^ 0x9E37_79B9_7F4A_7C15)
    }

    @inline(__always)
    private static func tag(_ hash: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: hash >> 32) & ~rankMask }
}

/// Finds the ids of merges that are written as text, and collects them for a table.
struct MergeReader {
    private let vocabulary: Vocabulary
    private let prefixCount: Int
    private var table = MergeTable()
    /// Merges come in the order of the pieces that they make, so that this or the next is likely the one looked for.
    private var guess: Int32 = 0

    /// A merged piece lacks the first `prefixCount` bytes of its right part.
    init(_ vocabulary: Vocabulary, count: Int, prefixCount: Int = 0) {
        self.vocabulary = vocabulary
        self.prefixCount = prefixCount
        table.reserveCapacity(count)
    }

    /// Adds a merge that ranks after those before it; returns whether the vocabulary has both parts and what they make.
    mutating func add(_ left: UnsafeBufferPointer<UInt8>, _ right: UnsafeBufferPointer<UInt8>) -> Bool {
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
        table.append(leftID, rightID, to: guess)
        return true
    }

    /// The table of all merges; with `replacing` a repeated pair keeps its last rank, else its first.
    consuming func finish(replacing: Bool) -> MergeTable {
        table.index(replacing: replacing)
        return table
    }
}
