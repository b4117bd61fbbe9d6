/// Where models put their tokens: ids, and where offsets are wanted the bytes of the piece that each covers.
struct TokenSink {
    private(set) var ids: [Int32] = []
    private(set) var ranges: [Range<Int>] = []
    let tracksRanges: Bool

    init(tracksRanges: Bool) { self.tracksRanges = tracksRanges }

    @inline(__always)
    mutating func append(_ id: Int32, _ range: Range<Int>) {
        ids.append(id)
        if tracksRanges { ranges.append(range) }
    }

    /// Adds again what was added in `old`, moved by `distance` bytes.
    mutating func repeatTokens(_ old: Range<Int>, movedBy distance: Int) {
        for index in old {
            ids.append(ids[index])
            if tracksRanges {
                let range = ranges[index]
                ranges.append(range.lowerBound + distance..<range.upperBound + distance)
            }
        }
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
