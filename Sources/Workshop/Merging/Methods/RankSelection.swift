import Checkpoints
import Synchronization

/// The elements of a tensor whose rank by some score is in a range, found without sorting or keeping the scores.
///
/// Scores are at least 0, so that their bits are in their order: two histograms, of the upper and then of the lower halves,
/// give the score at a rank exactly. Equal scores rank by their index.
struct RankSelection: Sendable {
    /// Which ranks are wanted.
    enum Ranks: Sendable {
        /// Those of the smallest first.
        case ascending(Range<Int>)
        /// As many of the largest; of equal ones the first.
        case largest(Int)
    }

    /// The scores of a chunk.
    typealias Scores = @Sendable (Range<Int>, TensorGroup.Values) -> [Float]

    private var lower: (bits: UInt32, ties: Range<Int>) = (0, 0..<0)
    private var upper: (bits: UInt32, ties: Range<Int>) = (0, 0..<0)
    /// How many elements before each chunk have these scores.
    private var tiesBefore: [Int: (lower: Int, upper: Int)] = [:]
    private var isEmpty = false

    init(_ group: TensorGroup, ranks: Ranks, scores: @escaping Scores) throws(CheckpointError) {
        let total = group.count
        let range: Range<Int>
        switch ranks {
        case .ascending(let wanted): range = wanted.clamped(to: 0..<total)
        case .largest(let count): range = max(0, total - count)..<total
        }
        guard !range.isEmpty else {
            isEmpty = true
            return
        }
        let found = try Self.values(group, ranks: [range.lowerBound, range.upperBound - 1], scores: scores)
        lower.bits = found[0].bits
        upper.bits = found[1].bits
        let (below, equal) = (found[0].below, found[0].equal)
        switch ranks {
        case .ascending: lower.ties = range.lowerBound - below..<equal
        // As many of the ties as the range holds, but the first ones.
        case .largest: lower.ties = 0..<below + equal - range.lowerBound
        }
        upper.ties = 0..<range.upperBound - found[1].below
        if lower.bits == upper.bits {
            lower.ties = lower.ties.lowerBound..<min(lower.ties.upperBound, lower.ties.lowerBound + range.count)
        }
        try countTies(group, scores)
    }

    private mutating func countTies(_ group: TensorGroup, _ scores: @escaping Scores) throws(CheckpointError) {
        let (low, high) = (lower.bits, upper.bits)
        var (before, sums) = ([Int: (lower: Int, upper: Int)](), (lower: 0, upper: 0))
        try group.scan { (range, inputs) throws(CheckpointError) -> (Int, Int, Int) in
            var counts = (0, 0)
            for score in scores(range, inputs) {
                if score.bitPattern == low { counts.0 += 1 }
                if score.bitPattern == high { counts.1 += 1 }
            }
            return (range.lowerBound, counts.0, counts.1)
        } collect: { start, lower, upper in
            before[start] = sums
            sums = (sums.lower + lower, sums.upper + upper)
        }
        tiesBefore = before
    }

    /// Whether each element of a chunk is among the selected ones.
    func mask(_ range: Range<Int>, _ scores: [Float]) -> [Bool] {
        guard !isEmpty else { return [Bool](repeating: false, count: scores.count) }
        var ties = tiesBefore[range.lowerBound] ?? (0, 0)
        return scores.map { score in
            let bits = score.bitPattern
            if bits == lower.bits {
                defer { ties.lower += 1 }
                return lower.ties.contains(ties.lower)
            }
            if bits == upper.bits {
                defer { ties.upper += 1 }
                return upper.ties.contains(ties.upper)
            }
            return bits > lower.bits && bits < upper.bits
        }
    }

    /// The scores at some ranks, in ascending order, and how many are smaller and equal.
    static func values(
        _ group: TensorGroup, ranks: [Int], scores: @escaping Scores
    ) throws(CheckpointError) -> [(bits: UInt32, below: Int, equal: Int)] {
        let upper = try histogram(group, scores) { UInt16($0 >> 16) }
        let places = ranks.map { place(of: $0, in: upper) }
        var found: [(bits: UInt32, below: Int, equal: Int)] = []
        for (rank, place) in zip(ranks, places) {
            let half = UInt32(place.index)
            let lower = try histogram(group, scores) { $0 >> 16 == half ? UInt16(truncatingIfNeeded: $0) : nil }
            let inner = Self.place(of: rank - place.below, in: lower)
            found.append((half << 16 | UInt32(inner.index), place.below + inner.below, lower[inner.index]))
        }
        return found
    }

    private static func place(of rank: Int, in histogram: [Int]) -> (index: Int, below: Int) {
        var below = 0
        for (index, count) in histogram.enumerated() {
            if rank < below + count { return (index, below) }
            below += count
        }
        return (histogram.count - 1, below)
    }

    private static func histogram(
        _ group: TensorGroup, _ scores: @escaping Scores, _ key: @escaping @Sendable (UInt32) -> UInt16?
    ) throws(CheckpointError) -> [Int] {
        let counts = Mutex([Int](repeating: 0, count: 1 << 16))
        try group.scan { (range, inputs) throws(CheckpointError) -> Bool in
            let scores = scores(range, inputs)
            var part = [Int32](repeating: 0, count: 1 << 16)
            for score in scores {
                if let key = key(score.bitPattern) { part[Int(key)] += 1 }
            }
            counts.withLock { counts in
                for (index, count) in part.enumerated() where count > 0 { counts[index] += Int(count) }
            }
            return true
        } collect: { _ in
        }
        return counts.withLock { $0 }
    }
}
