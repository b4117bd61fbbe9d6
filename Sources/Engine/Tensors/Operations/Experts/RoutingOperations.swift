// The protocol documents the methods.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

import Platform

/// How tokens are given to experts: by a softmax over a score for each.
package struct Routing: Sendable, Hashable {
    /// Experts.
    package var experts: Int
    /// Experts that a token uses.
    package var used: Int
    /// Whether the weights of those used are brought to a sum of 1.
    package var renormalizes = false
    /// Factor of the weights.
    package var scale: Float = 1
    /// Experts are in this many groups of equal size.
    package var groups = 1
    /// Groups that a token's experts come from: those with the best expert.
    package var usedGroups = 1

    /// Makes a routing.
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
    /// experts. `ranks` counts only some of a token's experts, the best of which has rank 0.
    func route(_ scores: Activations, _ routing: Routing, ranks: Range<Int>) -> [ExpertShare<Activations>]
}

extension RoutingOperations {
    /// The shares of all experts.
    package func route(_ scores: Activations, _ routing: Routing) -> [ExpertShare<Activations>] {
        route(scores, routing, ranks: 0..<routing.used)
    }
}

extension ReferenceOperations {
    package func route(_ scores: Activations, _ routing: Routing, ranks: Range<Int>) -> [ExpertShare<Activations>] {
        routing.shares(scores.values, ranks: ranks) { constant($0, width: 1) }
    }
}

extension FastOperations {
    package func route(_ scores: Activations, _ routing: Routing, ranks: Range<Int>) -> [ExpertShare<Activations>] {
        routing.shares(read(scores), ranks: ranks) { constant($0, width: 1) }
    }
}

extension Routing {
    /// The choice is few numbers a token, made on one thread whatever the operations.
    fileprivate func shares<Activations>(
        _ scores: [Float], ranks: Range<Int>, makeFactors: ([Float]) -> Activations
    ) -> [ExpertShare<Activations>] {
        var shares = [(rows: [Int], factors: [Float])](repeating: ([], []), count: experts)
        for (row, start) in stride(from: 0, to: scores.count, by: experts).enumerated() {
            for (expert, factor) in choose(Array(scores[start..<start + experts]))[ranks] {
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
    private func choose(_ scores: [Float]) -> [(expert: Int, factor: Float)] {
        let largest = scores.max() ?? 0
        let exponentials = scores.map { exp($0 - largest) }
        let total = exponentials.reduce(0, +)
        var candidates = Array(exponentials.indices)
        if groups > 1 {
            let size = experts / groups
            let best = (0..<groups).map { exponentials[$0 * size..<($0 + 1) * size].max() ?? 0 }
            let chosen = best.indices.sorted { (best[$1], $0) < (best[$0], $1) }.prefix(usedGroups)
            candidates = candidates.filter { chosen.contains($0 / size) }
        }
        let chosen = candidates.sorted { (exponentials[$1], $0) < (exponentials[$0], $1) }.prefix(used)
        let divisor = renormalizes ? chosen.reduce(0) { $0 + exponentials[$1] } : total
        return chosen.map { ($0, exponentials[$0] / divisor * scale) }
    }
}
