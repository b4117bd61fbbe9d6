// The protocol documents the methods.

import Platform

/// How tokens are given to experts, by a score for each.
package struct Routing: Sendable, Hashable {
    /// What becomes of scores.
    package enum Weighing: Sendable, Hashable {
        /// A softmax over all of them.
        case softmax
        /// The sigmoid of each.
        case sigmoid
        /// For each rank a softmax over those that are left and within twice `tolerance` of the best, in proportion
        /// (arXiv:2409.12136).
        case sparse(tolerance: Float)
    }

    /// What becomes of scores.
    package var weighing = Weighing.softmax
    package var experts: Int
    /// Experts that a token uses.
    package var used: Int
    /// Whether the weights of those used are brought to a sum of 1.
    package var renormalizes = false
    /// What is added to the sum that weights are divided by.
    package var sumOffset: Float = 0
    /// Factor of the weights.
    package var scale: Float = 1
    /// Experts are in this many groups of equal size.
    package var groups = 1
    /// Groups that a token's experts come from: those with the best expert.
    package var usedGroups = 1
    /// Whether groups are compared by the sum of their two best experts.
    package var ranksGroupsByTwo = false

    package init(experts: Int, used: Int, renormalizes: Bool) {
        self.experts = experts
        self.used = used
        self.renormalizes = renormalizes
    }
}

/// The tokens that one expert works on.
package struct ExpertShare<Activations> {
    /// The expert's number.
    package let expert: Int
    /// The rows of its tokens.
    package let rows: [Int]
    /// The weight that the expert has for each of them, `[rows.count, 1]`.
    package let factors: Activations
}

/// Which experts each token uses, and with which weights.
package protocol RoutingOperations: OperationTypes {
    /// Chooses experts by `scores`, `[tokens, experts]`: the shares of all experts that have any tokens, in the order of the
    /// experts. `ranks` counts only some of a token's experts, the best of which has rank 0. `bias` `[experts]` is added to
    /// the weights for the choice alone.
    func route(
        _ scores: Activations, _ routing: Routing, bias: Vector?, ranks: Range<Int>
    ) -> [ExpertShare<Activations>]
}

extension RoutingOperations {
    /// The shares of all experts.
    package func route(_ scores: Activations, _ routing: Routing, bias: Vector?) -> [ExpertShare<Activations>] {
        route(scores, routing, bias: bias, ranks: 0..<routing.used)
    }

    /// The shares of some ranks, chosen by the scores alone.
    package func route(_ scores: Activations, _ routing: Routing, ranks: Range<Int>) -> [ExpertShare<Activations>] {
        route(scores, routing, bias: nil, ranks: ranks)
    }
}

extension ReferenceOperations {
    package func route(
        _ scores: Activations, _ routing: Routing, bias: [Float]?, ranks: Range<Int>
    ) -> [ExpertShare<Activations>] {
        routing.shares(scores.values, bias: bias, ranks: ranks) { constant($0, width: 1) }
    }
}

extension FastOperations {
    package func route(
        _ scores: Activations, _ routing: Routing, bias: [Float]?, ranks: Range<Int>
    ) -> [ExpertShare<Activations>] {
        routing.shares(read(scores), bias: bias, ranks: ranks) { constant($0, width: 1) }
    }
}

extension Routing {
    /// The choice is few numbers a token, made on one thread whatever the operations.
    fileprivate func shares<Activations>(
        _ scores: [Float], bias: [Float]?, ranks: Range<Int>, makeFactors: ([Float]) -> Activations
    ) -> [ExpertShare<Activations>] {
        var shares = [(rows: [Int], factors: [Float])](repeating: ([], []), count: experts)
        for (row, start) in stride(from: 0, to: scores.count, by: experts).enumerated() {
            for (expert, factor) in choose(Array(scores[start..<start + experts]), bias)[ranks] {
                shares[expert].rows.append(row)
                shares[expert].factors.append(factor)
            }
        }
        return shares.enumerated().compactMap { expert, share in
            guard !share.rows.isEmpty else { return nil }
            return ExpertShare(expert: expert, rows: share.rows, factors: makeFactors(share.factors))
        }
    }

    /// A token's experts, best first; of equal ones the first.
    func choose(_ scores: [Float], _ bias: [Float]?) -> [(expert: Int, factor: Float)] {
        var (weights, total) = (scores, Float(1))
        switch weighing {
        case .softmax:
            let largest = scores.max() ?? 0
            weights = scores.map { exp($0 - largest) }
            total = weights.reduce(0, +)
        case .sigmoid: weights = scores.map { 1 / (1 + exp(-$0)) }
        case .sparse(let tolerance): return chooseSparsely(scores, tolerance)
        }
        let ranked = bias.map { zip(weights, $0).map { $0 / total + $1 } } ?? weights
        let candidates = candidates(ranked).sorted { (ranked[$1], $0) < (ranked[$0], $1) }
        let chosen = candidates.prefix(used)
        let divisor = renormalizes ? chosen.reduce(sumOffset) { $0 + weights[$1] } : total
        return chosen.map { ($0, weights[$0] / divisor * scale) }
    }

    /// The experts of the best groups.
    private func candidates(_ ranked: [Float]) -> [Int] {
        guard groups > 1 else { return Array(ranked.indices) }
        let size = experts / groups
        let best = (0..<groups).map { group in
            let members = ranked[group * size..<(group + 1) * size]
            guard ranksGroupsByTwo else { return members.max() ?? 0 }
            return members.sorted(by: >).prefix(2).reduce(0, +)
        }
        let chosen = best.indices.sorted { (best[$1], $0) < (best[$0], $1) }.prefix(usedGroups)
        return ranked.indices.filter { chosen.contains($0 / size) }
    }

    private func chooseSparsely(_ scores: [Float], _ tolerance: Float) -> [(expert: Int, factor: Float)] {
        rankSparsely(scores, tolerance).map { best, near in
            (best, scale / near.reduce(0) { $0 + exp(scores[$1] - scores[best]) })
        }
    }

    /// For each rank the best expert of those left, and all that are near it.
    func rankSparsely(_ scores: [Float], _ tolerance: Float) -> [(best: Int, near: [Int])] {
        var left = Array(scores.indices)
        return (0..<used).compactMap { _ in
            guard let best = left.max(by: { (scores[$0], $1) < (scores[$1], $0) }) else { return nil }
            let near = left.filter { (scores[best] - scores[$0]) / max(abs(scores[$0]), scores[best]) <= 2 * tolerance }
            left.removeAll { $0 == best }
            return (best, near)
        }
    }
}
