/// The merges of a byte-pair encoding: which two ids become which, and in what order of preference.
struct MergeTable: Sendable {
    struct Merge: Sendable {
        /// Lower merges first.
        var rank: Int32
        var id: Int32

        static let none = Merge(rank: .max, id: -1)
    }

    fileprivate struct Pair {
        var left: Int32
        var right: Int32
        var id: Int32
    }

    /// The merges by rank, after one that no neighbours are.
    private var pairs = [Pair(left: -1, right: -1, id: -1)]
    /// For each hash the index of a merge (0 for none) and above it bits of the hash, which save most looks at other
    /// merges. Less than half of them are taken.
    private var slots: [UInt32] = [0]
    private var indexMask: UInt32 = 0
    /// The index of the merge of each two bytes, if ``indexBytes(_:)`` was called.
    private var byteMerges: [UInt32] = []

    /// How many merges there may be.
    static let largestCount = 0xFF_FFFF

    mutating func reserveCapacity(_ count: Int) { pairs.reserveCapacity(count + 1) }

    /// Adds a merge that ranks after all others.
    mutating func append(_ left: Int32, _ right: Int32, to id: Int32) {
        pairs.append(Pair(left: left, right: right, id: id))
    }

    /// Makes the merges known to ``Lookup``; with `replacing` a repeated pair keeps its last rank, else its first.
    mutating func index(replacing: Bool) {
        var capacity = 16
        while capacity < pairs.count * 2 { capacity *= 2 }
        slots = Array(repeating: 0, count: capacity)
        indexMask = UInt32(capacity / 2 - 1)
        for index in pairs.indices.dropFirst().prefix(Self.largestCount) {
            let pair = pairs[index]
            let found = withLookup { $0.find(pair.left, pair.right) }
            if found.index == 0 || replacing { slots[found.slot] = UInt32(index) | found.tag }
        }
    }

    /// Finds the merges of bytes beforehand, each by its id or -1.
    mutating func indexBytes(_ ids: [Int32]) {
        byteMerges = withLookup { lookup in
            ids.flatMap { left in ids.map { right in UInt32(lookup.find(left, right).index) } }
        }
    }

    /// Calls `body` with the means to find merges.
    @inline(__always)
    func withLookup<Result>(_ body: (Lookup) -> Result) -> Result {
        pairs.withUnsafeBufferPointer { pairs in
            slots.withUnsafeBufferPointer { slots in
                byteMerges.withUnsafeBufferPointer { byteMerges in
                    body(Lookup(pairs: pairs, slots: slots, byteMerges: byteMerges, indexMask: indexMask))
                }
            }
        }
    }

    /// Finds merges.
    struct Lookup {
        fileprivate let pairs: UnsafeBufferPointer<Pair>
        fileprivate let slots: UnsafeBufferPointer<UInt32>
        fileprivate let byteMerges: UnsafeBufferPointer<UInt32>
        fileprivate let indexMask: UInt32

        /// The merge of two neighbours.
        @inline(__always)
        func merge(_ left: Int32, _ right: Int32) -> Merge { merge(at: find(left, right).index) }

        /// The merge of two bytes, by what they are.
        @inline(__always)
        func merge(ofBytes left: UInt8, _ right: UInt8) -> Merge {
            merge(at: Int(byteMerges[Int(left) &<< 8 | Int(right)]))
        }

        @inline(__always)
        private func merge(at index: Int) -> Merge {
            index > 0 ? Merge(rank: Int32(truncatingIfNeeded: index), id: pairs[index].id) : .none
        }

        /// The index of a pair in its slot, or 0 and the free slot where it would be put.
        @inline(__always)
        fileprivate func find(_ left: Int32, _ right: Int32) -> (index: Int, slot: Int, tag: UInt32) {
            let key = UInt64(UInt32(bitPattern: left)) &<< 32 | UInt64(UInt32(bitPattern: right))
            let hash = mix(key ^ 0x9E37_79B9_7F4A_7C15)
            let tag = UInt32(truncatingIfNeeded: hash &>> 32) & ~indexMask
            var slot = Int(truncatingIfNeeded: hash) & (slots.count &- 1)
            while slots[slot] != 0 {
                let index = Int(slots[slot] & indexMask)
                if slots[slot] & ~indexMask == tag, pairs[index].left == left, pairs[index].right == right {
                    return (index, slot, tag)
                }
                slot = (slot &+ 1) & (slots.count &- 1)
            }
            return (0, slot, tag)
        }
    }
}

/// What was found for pairs of late, merges or none: tables of many merges lie outside of the processor's nearest caches.
struct RecentMerges: Sendable {
    private struct Entry {
        var left: Int32 = -1
        var right: Int32 = -1
        var merge = MergeTable.Merge.none
    }

    private var entries = [Entry](repeating: Entry(), count: 1 << 14)

    /// The merge of two neighbours, always to be asked of the same table.
    @inline(__always)
    mutating func merge(_ left: Int32, _ right: Int32, _ lookup: MergeTable.Lookup) -> MergeTable.Merge {
        let hash = (UInt32(bitPattern: left) &* 0x9E37_79B1 ^ UInt32(bitPattern: right)) &* 0x85EB_CA77
        let place = Int(hash &>> 18)
        let entry = entries[place]
        if entry.left == left, entry.right == right { return entry.merge }
        let merge = lookup.merge(left, right)
        entries[place] = Entry(left: left, right: right, merge: merge)
        return merge
    }
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
