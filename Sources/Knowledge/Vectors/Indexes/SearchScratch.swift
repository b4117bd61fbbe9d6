import Synchronization

/// What one search needs for itself; taken from a pool, so that searching allocates next to nothing.
///
/// `@unchecked Sendable`: only the search that has taken it uses it.
final class SearchScratch: @unchecked Sendable {
    var candidates = CandidateList()
    private(set) var ids: UnsafeMutablePointer<UInt32>
    private(set) var distances: UnsafeMutablePointer<Float>
    private var room = 0
    private(set) var query: UnsafeMutableRawPointer
    private var queryRoom = 64
    private var visited: UnsafeMutablePointer<UInt64>
    private var visitedWords = 0
    private var seen: UnsafeMutablePointer<UInt32>
    private var seenRoom = 1024
    private var seenCount = 0

    init() {
        ids = .allocate(capacity: 1)
        distances = .allocate(capacity: 1)
        query = .allocate(byteCount: queryRoom, alignment: 64)
        visited = .allocate(capacity: 1)
        seen = .allocate(capacity: seenRoom)
    }

    deinit {
        ids.deallocate()
        distances.deallocate()
        query.deallocate()
        visited.deallocate()
        seen.deallocate()
    }

    /// Makes room for `count` ids and distances.
    func reserve(_ count: Int) {
        guard count > room else { return }
        ids.deallocate()
        distances.deallocate()
        room = max(count, 2 * room)
        ids = .allocate(capacity: room)
        distances = .allocate(capacity: room)
    }

    /// Makes room for a query of so many bytes.
    func reserveQuery(_ byteCount: Int) {
        guard byteCount > queryRoom else { return }
        query.deallocate()
        queryRoom = byteCount
        query = .allocate(byteCount: byteCount, alignment: 64)
    }

    /// Forgets what has been visited, of `count` nodes.
    func forgetVisited(of count: Int) {
        let words = (count + 63) / 64
        if words > visitedWords {
            visited.deallocate()
            visitedWords = words + words / 2
            visited = .allocate(capacity: visitedWords)
            visited.initialize(repeating: 0, count: visitedWords)
        } else {
            for place in 0..<seenCount { visited[Int(seen[place] >> 6)] = 0 }
        }
        seenCount = 0
    }

    /// Whether a node is visited for the first time.
    @inline(__always) func visit(_ node: UInt32) -> Bool {
        let (word, bit) = (Int(node >> 6), UInt64(1) << UInt64(node & 63))
        let before = visited[word]
        if before & bit != 0 { return false }
        visited[word] = before | bit
        if seenCount == seenRoom { growSeen() }
        seen[seenCount] = node
        seenCount &+= 1
        return true
    }

    private func growSeen() {
        let larger = UnsafeMutablePointer<UInt32>.allocate(capacity: 2 * seenRoom)
        larger.update(from: seen, count: seenCount)
        seen.deallocate()
        (seen, seenRoom) = (larger, 2 * seenRoom)
    }
}

/// The scratch memory of searches that have ended.
final class ScratchPool: Sendable {
    private let free = Mutex<[SearchScratch]>([])

    /// Calls `body` with scratch memory of its own.
    @inline(__always) func withScratch<Result>(_ body: (SearchScratch) -> Result) -> Result {
        let scratch = free.withLock { $0.popLast() } ?? SearchScratch()
        defer { free.withLock { $0.append(scratch) } }
        return body(scratch)
    }
}
