/// Where models put their tokens: ids, and where offsets are wanted the bytes of the piece that each covers.
struct TokenSink: ~Copyable {
    private var memory: UnsafeMutableBufferPointer<Int32>
    /// How many tokens there are.
    private(set) var count = 0
    private(set) var ranges: [Range<Int>] = []
    let tracksRanges: Bool

    /// Makes a sink with room for the tokens of a usual text of `byteCount` bytes.
    init(tracksRanges: Bool, byteCount: Int) {
        self.tracksRanges = tracksRanges
        memory = .allocate(capacity: byteCount / 4 + 16)
    }

    deinit { memory.deallocate() }

    /// A copy of the tokens.
    func makeArray() -> [Int32] { Array(ids) }

    /// The tokens in place, for use before the next change and the end of the sink.
    var ids: UnsafeBufferPointer<Int32> { UnsafeBufferPointer(rebasing: memory[..<count]) }

    @inline(__always)
    mutating func append(_ id: Int32, _ range: Range<Int>) {
        if count == memory.count { grow() }
        memory[count] = id
        count &+= 1
        if tracksRanges { ranges.append(range) }
    }

    /// Adds tokens of a cache; only where ranges are not tracked.
    @inline(__always)
    mutating func append(_ tokens: WordCache.Tokens) {
        if count &+ WordCache.mostTokens > memory.count { grow() }
        tokens.write(to: UnsafeMutableRawPointer(memory.baseAddress.unsafelyUnwrapped + count))
        count &+= tokens.count
    }

    @inline(never)
    private mutating func grow() {
        let larger = UnsafeMutableBufferPointer<Int32>.allocate(capacity: memory.count * 2)
        _ = larger.update(fromContentsOf: ids)
        memory.deallocate()
        memory = larger
    }

    /// Makes the last token cover up to `end`.
    mutating func extendLast(to end: Int) {
        guard let last = ranges.indices.last else { return }
        ranges[last] = ranges[last].lowerBound..<end
    }

    /// Changes the ranges of the tokens from index `first` on.
    mutating func mapRanges(from first: Int, _ body: (Range<Int>) -> Range<Int>) {
        for index in ranges.indices.dropFirst(first) { ranges[index] = body(ranges[index]) }
    }

    /// Takes back every token from index `count` on.
    mutating func truncate(to count: Int) {
        self.count = count
        if tracksRanges { ranges.removeSubrange(count...) }
    }
}
