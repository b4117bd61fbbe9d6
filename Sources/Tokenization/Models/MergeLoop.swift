/// Merges neighbouring symbols, best first and leftmost among equals, until none can be merged.
struct MergeLoop: Sendable {
    /// A token, -1 for text that is none, with where it begins and how it merges with the one after it.
    struct Symbol: Sendable {
        var id: Int32
        var start: Int
        /// The rank and the token of the merge; the largest rank for none.
        fileprivate var rank = Int32.max
        fileprivate var merged: Int32 = -1

        @inline(__always)
        fileprivate mutating func note(_ merge: MergeTable.Merge) {
            rank = merge.rank
            merged = merge.id
        }
    }

    /// The symbols left.
    private(set) var symbols: [Symbol] = []
    /// Where the last of them ends.
    private(set) var end = 0

    /// A merge that may still apply: of the symbol at `left`, which must still reach up to `end`.
    private struct Candidate {
        var rank: Int32
        var left: Int
        var end: Int
        var id: Int32

        func precedes(_ other: Candidate) -> Bool { (rank, left) < (other.rank, other.left) }
    }

    mutating func begin() { symbols.removeAll(keepingCapacity: true) }

    @inline(__always)
    mutating func append(_ id: Int32, start: Int) { symbols.append(Symbol(id: id, start: start)) }

    /// Merges the symbols that were appended and end at `end`; `find` gets two ids and the bytes they cover together.
    @inline(__always)
    mutating func run(end: Int, _ find: (Int32, Int32, Range<Int>) -> MergeTable.Merge) {
        self.end = end
        guard symbols.count > 1 else { return }
        if symbols.count <= 64 { scan(find) } else { runHeap(find) }
    }

    /// For short pieces looking at all pairs each time is quicker than any bookkeeping.
    @inline(__always)
    private mutating func scan(_ find: (Int32, Int32, Range<Int>) -> MergeTable.Merge) {
        let end = end
        let count = symbols.withUnsafeMutableBufferPointer { symbols in
            var count = symbols.count
            @inline(__always) func look(_ left: Int) {
                let (first, second) = (symbols[left], symbols[left &+ 1])
                let limit = left &+ 2 < count ? symbols[left &+ 2].start : end
                symbols[left].note(find(first.id, second.id, first.start..<limit))
            }
            for left in 0..<count &- 1 { look(left) }
            while true {
                var best = 0
                for left in 1..<max(count &- 1, 1) where symbols[left].rank < symbols[best].rank { best = left }
                guard count > 1, symbols[best].merged >= 0 else { return count }
                symbols[best].id = symbols[best].merged
                count &-= 1
                for index in best &+ 1..<count { symbols[index] = symbols[index &+ 1] }
                if best &+ 1 < count { look(best) } else { symbols[best].note(.none) }
                if best > 0 { look(best &- 1) }
            }
        }
        symbols.removeSubrange(count...)
    }

    /// Replaces every symbol in `halves` by the two it was merged of, and those likewise.
    mutating func split(by halves: [Int32: (Int32, Int32)], _ byteCount: (Int32) -> Int) {
        var index = 0
        while index < symbols.count {
            let symbol = symbols[index]
            guard let (left, right) = halves[symbol.id] else {
                index += 1
                continue
            }
            let limit = index + 1 < symbols.count ? symbols[index + 1].start : end
            let middle = right >= 0 ? limit - byteCount(right) : symbol.start + byteCount(left)
            symbols[index].id = left
            symbols.insert(Symbol(id: right, start: middle), at: index + 1)
        }
    }

    private mutating func runHeap(_ find: (Int32, Int32, Range<Int>) -> MergeTable.Merge) {
        let count = symbols.count
        // after[i] and before[i] link the symbols that are left; a merged one has after[i] == -1.
        var after = (0..<count).map { $0 + 1 }
        var before = (0..<count).map { $0 - 1 }
        var heap = Heap<Candidate> { $0.precedes($1) }
        func start(_ index: Int) -> Int { index < count ? symbols[index].start : end }
        func push(_ left: Int) {
            let right = after[left]
            guard right < count else { return }
            let end = start(after[right])
            let merge = find(symbols[left].id, symbols[right].id, symbols[left].start..<end)
            if merge.id >= 0 { heap.push(Candidate(rank: merge.rank, left: left, end: end, id: merge.id)) }
        }
        for index in 0..<count - 1 { push(index) }
        // A candidate is stale when its symbols changed; then the pair was found again with its new extent.
        while let candidate = heap.pop() {
            let left = candidate.left
            guard after[left] >= 0, after[left] < count else { continue }
            let right = after[left]
            guard start(after[right]) == candidate.end else { continue }
            let merge = find(symbols[left].id, symbols[right].id, symbols[left].start..<candidate.end)
            guard merge.id == candidate.id, merge.rank == candidate.rank else { continue }
            symbols[left].id = candidate.id
            after[left] = after[right]
            if after[right] < count { before[after[right]] = left }
            after[right] = -1
            push(left)
            if before[left] >= 0 { push(before[left]) }
        }
        symbols = symbols.indices.filter { after[$0] >= 0 }.map { symbols[$0] }
    }
}

/// A binary heap whose first element precedes all others.
struct Heap<Element> {
    private var elements: [Element] = []
    private let precedes: (Element, Element) -> Bool

    init(_ precedes: @escaping (Element, Element) -> Bool) { self.precedes = precedes }

    mutating func push(_ element: Element) {
        elements.append(element)
        var child = elements.count - 1
        while child > 0, precedes(elements[child], elements[(child - 1) / 2]) {
            elements.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func pop() -> Element? {
        guard let first = elements.first, let last = elements.popLast() else { return nil }
        guard !elements.isEmpty else { return first }
        elements[0] = last
        var parent = 0
        while true {
            var best = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < elements.count && precedes(elements[child], elements[best]) {
                best = child
            }
            guard best != parent else { return first }
            elements.swapAt(parent, best)
            parent = best
        }
    }
}
