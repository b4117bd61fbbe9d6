/// Merges neighbouring symbols, best first and leftmost among equals, until none can be merged.
struct MergeLoop {
    /// The symbols left: their ids (-1 for text that is no token) and where each begins; then the end of the last.
    private(set) var ids: [Int32] = []
    private(set) var starts: [Int] = []
    private var next: [MergeTable.Merge?] = []

    /// A merge that may still apply: of the symbol at `left`, which must still reach up to `end`.
    private struct Candidate {
        var rank: Int32
        var left: Int
        var end: Int
        var id: Int32

        func precedes(_ other: Candidate) -> Bool { (rank, left) < (other.rank, other.left) }
    }

    mutating func begin() {
        ids.removeAll(keepingCapacity: true)
        starts.removeAll(keepingCapacity: true)
    }

    @inline(__always)
    mutating func append(_ id: Int32, start: Int) {
        ids.append(id)
        starts.append(start)
    }

    /// Merges the symbols that were appended and end at `end`; `find` gets two ids and the bytes they cover together.
    @inline(__always)
    mutating func run(end: Int, _ find: (Int32, Int32, Range<Int>) -> MergeTable.Merge?) {
        starts.append(end)
        guard ids.count > 1 else { return }
        if ids.count <= 64 { scan(find) } else { runHeap(find) }
    }

    /// For short pieces looking at all pairs each time is quicker than any bookkeeping.
    @inline(__always)
    private mutating func scan(_ find: (Int32, Int32, Range<Int>) -> MergeTable.Merge?) {
        next.removeAll(keepingCapacity: true)
        for index in 0..<ids.count - 1 {
            next.append(find(ids[index], ids[index + 1], starts[index]..<starts[index + 2]))
        }
        while true {
            var best = -1
            var bestRank = Int32.max
            for index in next.indices {
                if let merge = next[index], merge.rank < bestRank || best < 0 {
                    best = index
                    bestRank = merge.rank
                }
            }
            guard best >= 0, let merge = next[best] else { return }
            ids[best] = merge.id
            ids.remove(at: best + 1)
            starts.remove(at: best + 1)
            next.remove(at: best)
            if best < next.count { next[best] = find(ids[best], ids[best + 1], starts[best]..<starts[best + 2]) }
            if best > 0 { next[best - 1] = find(ids[best - 1], ids[best], starts[best - 1]..<starts[best + 1]) }
        }
    }

    /// Replaces every symbol in `halves` by the two it was merged of, and those likewise.
    mutating func split(by halves: [Int32: (Int32, Int32)], _ byteCount: (Int32) -> Int) {
        var index = 0
        while index < ids.count {
            guard let (left, right) = halves[ids[index]] else {
                index += 1
                continue
            }
            let end = starts[index + 1]
            ids.replaceSubrange(index...index, with: [left, right])
            let middle = right >= 0 ? end - byteCount(right) : starts[index] + byteCount(left)
            starts.insert(middle, at: index + 1)
        }
    }

    private mutating func runHeap(_ find: (Int32, Int32, Range<Int>) -> MergeTable.Merge?) {
        let count = ids.count
        // after[i] and before[i] link the symbols that are left; a merged one has after[i] == -1.
        var after = (0..<count).map { $0 + 1 }
        var before = (0..<count).map { $0 - 1 }
        var heap = Heap<Candidate> { $0.precedes($1) }
        func push(_ left: Int) {
            let right = after[left]
            guard right < count else { return }
            let end = starts[after[right]]
            if let merge = find(ids[left], ids[right], starts[left]..<end) {
                heap.push(Candidate(rank: merge.rank, left: left, end: end, id: merge.id))
            }
        }
        for index in 0..<count - 1 { push(index) }
        // A candidate is stale when its symbols changed; then the pair was found again with its new extent.
        while let candidate = heap.pop() {
            let left = candidate.left
            guard after[left] >= 0, after[left] < count else { continue }
            let right = after[left]
            guard starts[after[right]] == candidate.end,
                let merge = find(ids[left], ids[right], starts[left]..<candidate.end), merge.id == candidate.id,
                merge.rank == candidate.rank
            else { continue }
            ids[left] = candidate.id
            after[left] = after[right]
            if after[right] < count { before[after[right]] = left }
            after[right] = -1
            push(left)
            if before[left] >= 0 { push(before[left]) }
        }
        let kept = ids.indices.filter { after[$0] >= 0 }
        let end = starts[count]
        ids = kept.map { ids[$0] }
        starts = kept.map { starts[$0] } + [end]
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
