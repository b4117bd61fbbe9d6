/// The merges of a byte-pair encoding: which two ids become which, and in what order of preference.
struct MergeTable: Sendable {
    struct Merge: Sendable {
        /// Lower merges first.
        var rank: Int32
        var id: Int32

        /// No merge.
        static let none = Merge(rank: .max, id: -1)
    }

    private struct Pair {
        var left: Int32
        var right: Int32
        var id: Int32
    }

    /// The merges by rank, after one that no neighbours are.
    private var pairs = [Pair(left: -1, right: -1, id: -1)]
    /// For each hash the index of a merge in 24 bits (0 for none) and above it bits of the hash, which save most looks
    /// at other merges. Less than half of them are taken, so that the first one nearly always decides.
    private var slots: [UInt32] = [0]

    private static let indexMask: UInt32 = 0xFF_FFFF
    /// How many merges there may be.
    static let largestCount = Int(indexMask)

    mutating func reserveCapacity(_ count: Int) { pairs.reserveCapacity(count + 1) }

    /// Adds a merge that ranks after all others.
    mutating func append(_ left: Int32, _ right: Int32, to id: Int32) {
        pairs.append(Pair(left: left, right: right, id: id))
    }

    /// Makes the merges known to ``merge(_:_:)``; with `replacing` a repeated pair keeps its last rank, else its first.
    mutating func index(replacing: Bool) {
        var capacity = 16
        while capacity < pairs.count * 2 { capacity *= 2 }
        slots = Array(repeating: 0, count: capacity)
        for index in pairs.indices.dropFirst().prefix(Self.largestCount) {
            let pair = pairs[index]
            let hash = Self.hash(pair.left, pair.right)
            let slot = self.slot(of: pair.left, pair.right, hash)
            if slots[slot] == 0 || replacing { slots[slot] = UInt32(index) | Self.tag(hash) }
        }
    }

    /// The merge of two neighbours; one without a token and of the largest rank for none.
    @inline(__always)
    func merge(_ left: Int32, _ right: Int32) -> Merge {
        let hash = Self.hash(left, right)
        let slot = slots[Int(truncatingIfNeeded: hash) & (slots.count &- 1)]
        let isLikely = (slot ^ Self.tag(hash)) & ~Self.indexMask == 0
        var index = isLikely ? slot & Self.indexMask : 0
        if slot != 0, !isLikely || pairs[Int(index)].left != left || pairs[Int(index)].right != right {
            index = slots[self.slot(of: left, right, hash)] & Self.indexMask
        }
        return index > 0 ? Merge(rank: Int32(truncatingIfNeeded: index), id: pairs[Int(index)].id) : .none
    }

    /// The slot of a pair, or the free one where it would be put.
    private func slot(of left: Int32, _ right: Int32, _ hash: UInt64) -> Int {
        let mask = slots.count - 1
        let tag = Self.tag(hash)
        var slot = Int(truncatingIfNeeded: hash) & mask
        while slots[slot] != 0 {
            if slots[slot] & ~Self.indexMask == tag {
                let pair = pairs[Int(slots[slot] & Self.indexMask)]
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
    private static func tag(_ hash: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: hash >> 32) & ~indexMask }
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
