/// Where models put their tokens: ids, and where offsets are wanted the bytes of the piece that each covers.
struct TokenSink {
    private(set) var ids: [Int32] = []
    private(set) var ranges: [Range<Int>] = []
    let tracksRanges: Bool

    /// Makes a sink with room for the tokens of a usual text of `byteCount` bytes.
    init(tracksRanges: Bool, byteCount: Int) {
        self.tracksRanges = tracksRanges
        ids.reserveCapacity(byteCount / 4 + 8)
    }

    @inline(__always)
    mutating func append(_ id: Int32, _ range: Range<Int>) {
        ids.append(id)
        if tracksRanges { ranges.append(range) }
    }

    /// Adds tokens by their bit patterns; only where ranges are not tracked.
    @inline(__always)
    mutating func append(_ tokens: UnsafeBufferPointer<UInt32>) {
        for token in tokens { ids.append(Int32(bitPattern: token)) }
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
        ids.removeSubrange(count...)
        if tracksRanges { ranges.removeSubrange(count...) }
    }
}
