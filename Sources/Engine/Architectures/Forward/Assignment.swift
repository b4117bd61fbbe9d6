import Platform

/// Which experts each token of a batch uses, and with which weights.
struct Assignment {
    /// The tokens that one expert works on.
    struct Share {
        let expert: Int
        var rows: [Int] = []
        var factors: [Float] = []
    }

    /// For each token its experts, best first.
    private let choices: [[(expert: Int, factor: Float)]]
    private let experts: Int

    /// Chooses by `scores`, `[tokens, experts]`.
    init(scores: [Float], _ routing: RoutingSpec) {
        experts = routing.experts
        choices = stride(from: 0, to: scores.count, by: routing.experts).map { start in
            Self.choose(scores[start..<start + routing.experts], routing)
        }
    }

    /// The shares of all experts that have any tokens, in the order of the experts.
    var shares: [Share] { shares { $0 } }

    /// The same for only the best, second best, ... expert of each token.
    func shares(rank: Int) -> [Share] { shares { $0[rank..<rank + 1] } }

    private func shares(
        _ part: ([(expert: Int, factor: Float)]) -> some Sequence<(expert: Int, factor: Float)>
    ) -> [Share] {
        var shares = (0..<experts).map { Share(expert: $0) }
        for (row, choice) in choices.enumerated() {
            for (expert, factor) in part(choice) {
                shares[expert].rows.append(row)
                shares[expert].factors.append(factor)
            }
        }
        return shares.filter { !$0.rows.isEmpty }
    }

    private static func choose(_ scores: ArraySlice<Float>, _ routing: RoutingSpec) -> [(expert: Int, factor: Float)] {
        let largest = scores.max() ?? 0
        let exponentials = scores.map { exp($0 - largest) }
        let total = exponentials.reduce(0, +)
        var candidates = Array(exponentials.indices)
        if routing.groups > 1 {
            let size = routing.experts / routing.groups
            let best = (0..<routing.groups).map { exponentials[$0 * size..<($0 + 1) * size].max() ?? 0 }
            let groups = best.indices.sorted { (best[$1], $0) < (best[$0], $1) }.prefix(routing.usedGroups)
            candidates = candidates.filter { groups.contains($0 / size) }
        }
        let chosen = candidates.sorted { (exponentials[$1], $0) < (exponentials[$0], $1) }.prefix(routing.used)
        let divisor = routing.renormalizes ? chosen.reduce(0) { $0 + exponentials[$1] } : total
        return chosen.map { ($0, exponentials[$0] / divisor * routing.scale) }
    }
}
