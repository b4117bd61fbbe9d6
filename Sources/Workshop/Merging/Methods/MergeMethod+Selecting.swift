import Checkpoints
import Platform

extension MergeMethod {
    /// SCE (arXiv:2408.07990): selects the elements that vary most between the models, weighs each model by the size of its
    /// change there, and erases changes against the sign of the majority.
    static func sce(_ group: TensorGroup, _ parameters: MethodParameters) throws(CheckpointError) -> Combiner {
        let (others, base) = (group.others, group.base ?? 0)
        if others.isEmpty { return { _, inputs, output in _ = output.update(fromContentsOf: inputs[base]) } }
        let share = parameters.value("select_topk")
        let variances: RankSelection.Scores = { _, inputs in Self.variances(inputs, others, base) }
        var selection: RankSelection?
        if share < 1 {
            var nonzero = 0
            try group.scan { (range, inputs) throws(CheckpointError) -> Int in
                variances(range, inputs).count { $0 != 0 }
            } collect: {
                nonzero += $0
            }
            let count = share <= 0 ? 0 : Int(Float(nonzero) * Float(share))
            selection = try RankSelection(group, ranks: .largest(count), scores: variances)
        }
        let selected = selection
        let changes: @Sendable (Range<Int>, TensorGroup.Values) -> [[Float]] = { range, inputs in
            let mask = selected?.mask(range, variances(range, inputs))
            return others.map { other in
                inputs[base].indices.map { mask?[$0] == false ? 0 : inputs[other][$0] - inputs[base][$0] }
            }
        }
        let weights = try weights(of: changes, group)
        return { range, inputs, output in
            let changes = changes(range, inputs)
            for index in output.indices {
                var sum: Float = 0
                for change in changes { sum += change[index] }
                var (merged, divisor): (Float, Float) = (0, 0)
                for (change, weight) in zip(changes, weights) {
                    let value = change[index]
                    guard sum >= 0 ? value > 0 : value < 0 else { continue }
                    merged += value * weight
                    divisor += weight
                }
                output[index] = inputs[base][index] + merged / max(1e-6, divisor)
            }
        }
    }

    /// The mean squares of the models' changes, in parts of their sum.
    private static func weights(
        of changes: @Sendable (Range<Int>, TensorGroup.Values) -> [[Float]], _ group: TensorGroup
    ) throws(CheckpointError) -> [Float] {
        var sums = [Double](repeating: 0, count: group.others.count)
        try group.scan { (range, inputs) throws(CheckpointError) -> [Double] in
            changes(range, inputs).map { $0.reduce(0) { $0 + Double($1) * Double($1) } }
        } collect: { part in
            for (index, sum) in part.enumerated() { sums[index] += sum }
        }
        let means = sums.map { Float($0 / Double(max(1, group.count))) }
        let total = means.reduce(0, +)
        return means.map { abs(total) < 1e-6 ? 1 / Float(means.count) : $0 / total }
    }

    private static func variances(_ inputs: TensorGroup.Values, _ others: [Int], _ base: Int) -> [Float] {
        inputs[base].indices.map { index in
            var (mean, squares, count) = (0.0, 0.0, 0.0)
            for other in others {
                let value = Double(inputs[other][index] - inputs[base][index])
                count += 1
                let distance = value - mean
                mean += distance / count
                squares += distance * (value - mean)
            }
            return Float(squares / count)
        }
    }

    /// Arcee Fusion: takes over the changes that matter most, by their size times how far the rows' distributions lie apart.
    static func arceeFusion(_ group: TensorGroup) throws(CheckpointError) -> Combiner {
        let (base, other, width) = (group.base ?? 0, group.others[0], group.rowLength)
        let importance: RankSelection.Scores = { _, inputs in
            let (old, new) = (inputs[base], inputs[other])
            var scores: [Float] = []
            scores.reserveCapacity(old.count)
            for start in stride(from: 0, to: old.count, by: width) {
                let row = start..<start + width
                let distance = divergence(new[row], old[row])
                for index in row { scores.append(abs(new[index] - old[index]) * distance) }
            }
            return scores
        }
        // Divergences are below zero by rounding at most, which would disturb the order of bits.
        let clamped: RankSelection.Scores = { range, inputs in importance(range, inputs).map { max(0, $0) } }
        let last = Float(group.count - 1)
        let quartiles = try RankSelection.values(
            group, ranks: [0.25, 0.5, 0.75].map { Int(Float($0) * last) }, scores: clamped
        ).map { Float(bitPattern: $0.bits) }
        let threshold = quartiles[1] + 1.5 * (quartiles[2] - quartiles[0])
        return { range, inputs, output in
            let scores = clamped(range, inputs)
            for index in output.indices {
                let change = inputs[other][index] - inputs[base][index]
                output[index] = inputs[base][index] + (scores[index] >= threshold ? change : 0)
            }
        }
    }

    /// The Kullback-Leibler divergence of two rows' softmax.
    private static func divergence(
        _ a: Slice<UnsafeBufferPointer<Float>>, _ b: Slice<UnsafeBufferPointer<Float>>
    ) -> Float {
        func softmax(_ row: Slice<UnsafeBufferPointer<Float>>) -> [Float] {
            let largest = row.max() ?? 0
            let powers = row.map { expf($0 - largest) }
            let sum = Float(powers.reduce(0.0) { $0 + Double($1) })
            return powers.map { $0 / sum + 1e-8 }
        }
        let sum = zip(softmax(a), softmax(b)).reduce(0.0) { $0 + Double($1.0 * logf($1.0 / $1.1)) }
        return Float(sum)
    }

    /// Reinforced agent merging (arXiv:2601.13572): changes of one model alone are kept whole, or reinforced, those of
    /// several are averaged.
    func reinforcedCombiner(
        for group: TensorGroup, _ parameters: MethodParameters
    ) throws(CheckpointError) -> Combiner {
        let (others, base, epsilon) = (group.others, group.base ?? 0, Float(parameters.value("epsilon")))
        var factors = [Float](repeating: 1, count: others.count)
        if self == .ramPlus {
            let counts = try Self.overlaps(group, epsilon)
            for (index, count) in counts.enumerated() {
                let ratio = Float(count.shared) / max(Float(count.alone), epsilon)
                factors[index] = 1 + Float(parameters.value("r")) * min(max(ratio, 0), Float(parameters.value("alpha")))
            }
        }
        let reinforcements = factors
        return { _, inputs, output in
            for index in output.indices {
                let changes = others.map { inputs[$0][index] - inputs[base][index] }
                let count = changes.count { abs($0) > epsilon }
                var sum: Float = 0
                for (change, factor) in zip(changes, reinforcements) where abs(change) > epsilon {
                    sum += count == 1 ? change * factor : change / Float(count)
                }
                output[index] = inputs[base][index] + sum
            }
        }
    }

    /// How many elements each model changes with others, and alone.
    private static func overlaps(
        _ group: TensorGroup, _ epsilon: Float
    ) throws(CheckpointError) -> [(shared: Int, alone: Int)] {
        let (others, base) = (group.others, group.base ?? 0)
        var counts = [(shared: Int, alone: Int)](repeating: (0, 0), count: others.count)
        try group.scan { (range, inputs) throws(CheckpointError) -> [(Int, Int)] in
            var part = [(Int, Int)](repeating: (0, 0), count: others.count)
            for index in inputs[base].indices {
                let changed = others.indices.filter { abs(inputs[others[$0]][index] - inputs[base][index]) > epsilon }
                for model in changed {
                    if changed.count > 1 { part[model].0 += 1 } else { part[model].1 += 1 }
                }
            }
            return part
        } collect: { part in
            for (index, count) in part.enumerated() {
                counts[index].shared += count.0
                counts[index].alone += count.1
            }
        }
        return counts
    }
}
