import Checkpoints

/// Leaves a part of a model's change to the base, and zeros in the place of the rest.
struct Sparsifier: Sendable {
    /// What is left.
    enum Kind: Sendable {
        case all, nothing
        /// The elements of the change whose rank by size is selected.
        case selected(RankSelection)
        /// Each with a probability (DARE, arXiv:2311.03099).
        case drawn(CountedRandom, Double)
        /// Each with a probability by its rank in its row (DELLA, arXiv:2406.11617), from `lowest` to `highest`.
        case drawnByRank(CountedRandom, lowest: Double, highest: Double)
    }

    let input: Int
    let base: Int
    let kind: Kind
    private let rowLength: Int
    /// What the rest is multiplied with, so that the sum of magnitudes stays.
    private(set) var scale: Float = 1

    init(
        _ group: TensorGroup, input: Int, _ kind: Kind, isRescaled: Bool
    ) throws(CheckpointError) {
        (self.input, base, self.kind, rowLength) = (
            input, group.base ?? 0, kind, group.shape.count < 2 ? group.count : group.count / max(1, group.shape[0])
        )
        guard isRescaled else { return }
        switch kind {
        case .all, .nothing: return
        default: break
        }
        let unscaled = self
        var (before, after) = (0.0, 0.0)
        try group.scan { (range, inputs) throws(CheckpointError) -> (Double, Double) in
            let change = unscaled.change(inputs)
            let mask = unscaled.mask(range, change)
            var sums = (0.0, 0.0)
            for (value, isKept) in zip(change, mask) {
                sums.0 += Double(abs(value))
                if isKept { sums.1 += Double(abs(value)) }
            }
            return sums
        } collect: { sums in
            before += sums.0
            after += sums.1
        }
        if before >= 1e-7, after >= 1e-7 { scale = Float(before) / Float(after) }
    }

    /// The change of a chunk, thinned out.
    func thinned(_ range: Range<Int>, _ inputs: TensorGroup.Values) -> [Float] {
        var change = change(inputs)
        switch kind {
        case .all: return change
        case .nothing: return [Float](repeating: 0, count: change.count)
        default: break
        }
        for (index, isKept) in mask(range, change).enumerated() {
            change[index] = isKept ? change[index] : 0
        }
        if scale != 1 { for index in change.indices { change[index] *= scale } }
        return change
    }

    private func change(_ inputs: TensorGroup.Values) -> [Float] {
        let (a, b) = (inputs[input], inputs[base])
        return [Float](unsafeUninitializedCapacity: a.count) { buffer, count in
            for index in a.indices { buffer[index] = a[index] - b[index] }
            count = a.count
        }
    }

    private func mask(_ range: Range<Int>, _ change: [Float]) -> [Bool] {
        switch kind {
        case .all: [Bool](repeating: true, count: change.count)
        case .nothing: [Bool](repeating: false, count: change.count)
        case .selected(let selection): selection.mask(range, change.map(abs))
        case .drawn(let random, let density): change.indices.map { random.uniform(range.lowerBound + $0) < density }
        case .drawnByRank(let random, let lowest, let highest):
            Self.probabilities(change, rowLength, lowest, highest).enumerated().map { index, probability in
                random.uniform(range.lowerBound + index) < probability
            }
        }
    }

    /// From the lowest for the smallest change of a row to the highest for the largest.
    private static func probabilities(
        _ change: [Float], _ rowLength: Int, _ lowest: Double, _ highest: Double
    ) -> [Double] {
        var probabilities = [Double](repeating: (lowest + highest) / 2, count: change.count)
        guard rowLength > 1 else { return probabilities }
        for start in stride(from: 0, to: change.count, by: rowLength) {
            let row = start..<min(change.count, start + rowLength)
            let order = row.sorted { (abs(change[$0]), $0) < (abs(change[$1]), $1) }
            let last = Double(max(1, row.count - 1))
            for (rank, index) in order.enumerated() {
                probabilities[index] = lowest + Double(rank) / last * (highest - lowest)
            }
        }
        return probabilities
    }
}
