import Checkpoints

extension MergeMethod {
    /// Methods that add weighted changes to the base: task arithmetic (arXiv:2212.04089), TIES (arXiv:2306.01708), DARE, DELLA,
    /// Breadcrumbs (arXiv:2312.06795).
    func taskVectorCombiner(
        for group: TensorGroup, _ parameters: MethodParameters
    ) throws(CheckpointError) -> Combiner {
        let (others, base) = (group.others, group.base ?? 0)
        let isRescaled = parameters.flag("rescale")
        let sparsifiers = try others.map { (input) throws(CheckpointError) in
            try Sparsifier(
                group, input: input, try sparsity(group, input, parameters), isRescaled: isRescaled)
        }
        let weights = parameters.floats("weight", of: others)
        let isElected = [.ties, .dareTies, .breadcrumbsTies, .della].contains(self)
        let (normalizes, lambda) = (parameters.flag("normalize"), Float(parameters.value("lambda")))
        let sum = weights.reduce(0, +)
        let divisor = abs(sum) < 1e-8 ? 1 : sum
        return { range, inputs, output in
            let changes = zip(sparsifiers, weights).map { sparsifier, weight in
                sparsifier.thinned(range, inputs).map { $0 * weight }
            }
            for index in output.indices {
                var change: Float = 0
                for model in changes.indices { change += changes[model][index] }
                var divisor = divisor
                if isElected {
                    (change, divisor) = Self.elected(changes, weights, index, isPositive: change >= 0)
                }
                if normalizes { change /= divisor }
                if lambda != 1 { change *= lambda }
                output[index] = inputs[base][index] + change
            }
        }
    }

    /// The sum of the changes whose sign is that of the sum of all, and of their weights.
    private static func elected(
        _ changes: [[Float]], _ weights: [Float], _ index: Int, isPositive: Bool
    ) -> (change: Float, divisor: Float) {
        var (change, divisor): (Float, Float) = (0, 0)
        for model in changes.indices {
            let value = changes[model][index]
            guard isPositive ? value > 0 : value < 0 else { continue }
            change += value
            divisor += weights[model]
        }
        return (change, divisor == 0 ? 1 : divisor)
    }

    private func sparsity(
        _ group: TensorGroup, _ input: Int, _ parameters: MethodParameters
    ) throws(CheckpointError) -> Sparsifier.Kind {
        func value(_ name: String) -> Double { parameters.inputs[input][name] ?? 0 }
        let (density, total, base) = (value("density"), group.count, group.base ?? 0)
        if self == .taskArithmetic || density >= 1 || total == 0 { return .all }
        let random = CountedRandom(seed: parameters.seed, tensor: group.name, input: input)
        let sizes: RankSelection.Scores = { _, inputs in
            zip(inputs[input], inputs[base]).map { abs($0 - $1) }
        }
        switch self {
        case .ties:
            if density <= 0 { return .nothing }
            let kept = max(1, Int(density * Double(total)))
            return .selected(try RankSelection(group, ranks: .largest(kept), scores: sizes))
        case .breadcrumbs, .breadcrumbsTies:
            let kept = max(0, Int(density * Double(total)))
            let first = max(0, total - kept - Int(value("gamma") * Double(total)))
            return .selected(try RankSelection(group, ranks: .ascending(first..<first + kept), scores: sizes))
        case .della, .dellaLinear:
            if density <= 0 { return .nothing }
            let spread = value("epsilon")
            guard density + spread < 1, density - spread > 0 else {
                throw CheckpointError(
                    path: group.inputs[input].place.path, location: "tensor \(group.name)",
                    reason: "a density of \(density) ± \(spread) (epsilon) is not between 0 and 1",
                    remedy: "Choose another density or a smaller epsilon")
            }
            return .drawnByRank(random, lowest: density - spread, highest: density + spread)
        default: return .drawn(random, density)
        }
    }
}
