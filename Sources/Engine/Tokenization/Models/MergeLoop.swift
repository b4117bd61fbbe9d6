import Essentials

/// Merges neighbouring symbols, best first and leftmost among equals, until none can be merged.
struct MergeLoop: Sendable {
    /// A token, -1 for text that is none, with where it begins.
    struct Symbol: Sendable {
        var id: Int32
        var start: Int
        /// What it becomes together with the one after it.
        fileprivate var merged: Int32 = -1
        fileprivate var before: Int32 = 0
        fileprivate var after: Int32 = 0
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

    /// Merges the symbols that were appended and end at `end`; `find` gets two ids and the bytes they cover together,
    /// `findFirst` the positions of two symbols that are as they were appended.
    @inline(__always)
    mutating func run(
        end: Int, findFirst: ((Symbol, Symbol) -> MergeTable.Merge)? = nil,
        _ find: (Int32, Int32, Range<Int>) -> MergeTable.Merge
    ) {
        self.end = end
        guard symbols.count > 1 else { return }
        if symbols.count <= Self.mostScanned { scan(findFirst, find) } else { runHeap(find) }
    }

    private static let mostScanned = 64

    /// For short pieces looking at all pairs each time is quicker than a heap.
    @inline(__always)
    private mutating func scan(
        _ findFirst: ((Symbol, Symbol) -> MergeTable.Merge)?, _ find: (Int32, Int32, Range<Int>) -> MergeTable.Merge
    ) {
        let end = end
        let left = symbols.withUnsafeMutableBufferPointer { symbols in
            withUnsafeTemporaryAllocation(of: Int32.self, capacity: Self.mostScanned) { ranks in
                let scan = Scan(symbols: symbols, ranks: ranks, end: end)
                scan.begin(findFirst, find)
                while let best = scan.best { scan.merge(best, find) }
                return scan.finish()
            }
        }
        symbols.removeSubrange(left...)
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

/// A merge loop that keeps the rank of each symbol's merge with the next one, and looks for the lowest among all.
private struct Scan {
    let symbols: UnsafeMutableBufferPointer<MergeLoop.Symbol>
    /// For each symbol the rank, and in six bits its place, so that the first of equal ranks is the lowest.
    let ranks: UnsafeMutableBufferPointer<Int32>
    let end: Int

    @inline(__always)
    func begin(
        _ findFirst: ((MergeLoop.Symbol, MergeLoop.Symbol) -> MergeTable.Merge)?,
        _ find: (Int32, Int32, Range<Int>) -> MergeTable.Merge
    ) {
        for index in symbols.indices {
            symbols[index].before = Int32(truncatingIfNeeded: index) &- 1
            symbols[index].after = Int32(truncatingIfNeeded: index) &+ 1
        }
        for index in symbols.indices {
            guard let findFirst else {
                look(index, find)
                continue
            }
            note(index &+ 1 < symbols.count ? findFirst(symbols[index], symbols[index &+ 1]) : .none, at: index)
        }
    }

    @inline(__always)
    private func note(_ merge: MergeTable.Merge, at index: Int) {
        symbols[index].merged = merge.id
        ranks[index] = merge.id < 0 ? .max : merge.rank &<< 6 | Int32(truncatingIfNeeded: index)
    }

    @inline(__always)
    private func look(_ index: Int, _ find: (Int32, Int32, Range<Int>) -> MergeTable.Merge) {
        let next = Int(symbols[index].after)
        guard next < symbols.count else { return note(.none, at: index) }
        let (first, second) = (symbols[index], symbols[next])
        let limit = Int(second.after) < symbols.count ? symbols[Int(second.after)].start : end
        note(find(first.id, second.id, first.start..<limit), at: index)
    }

    /// The symbol that is to be merged with the one after it.
    @inline(__always)
    var best: Int? {
        var lowest = Int32.max
        for index in symbols.indices { lowest = ranks[index] < lowest ? ranks[index] : lowest }
        return lowest == .max ? nil : Int(lowest & 63)
    }

    @inline(__always)
    func merge(_ index: Int, _ find: (Int32, Int32, Range<Int>) -> MergeTable.Merge) {
        let next = Int(symbols[index].after)
        let after = symbols[next].after
        symbols[index].id = symbols[index].merged
        symbols[index].after = after
        ranks[next] = .max
        if Int(after) < symbols.count { symbols[Int(after)].before = Int32(truncatingIfNeeded: index) }
        look(index, find)
        if index > 0 { look(Int(symbols[index].before), find) }
    }

    /// Moves what is left to the front; returns how much.
    @inline(__always)
    func finish() -> Int {
        var (index, count) = (0, 0)
        while index < symbols.count {
            symbols[count] = symbols[index]
            count &+= 1
            index = Int(symbols[count &- 1].after)
        }
        return count
    }
}
