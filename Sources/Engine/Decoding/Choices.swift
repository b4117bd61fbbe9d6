import Platform

/// The tokens that may be drawn, best first, with the logits that they are drawn by.
struct Choices {
    var candidates: [Candidate]
    /// What the logits are still divided by.
    var temperature: Float = 1
    /// The candidates before adaptive sampling changed them.
    var unchanged: [Candidate] = []
    /// Whether no random number is drawn, since there is but one.
    private var isCertain = false

    init(_ candidates: [Candidate], temperature: Float = 1) {
        (self.candidates, self.temperature) = (candidates, temperature)
    }

    init(certain token: Int32) {
        self.init([Candidate(id: token, logit: 0)])
        isCertain = true
    }

    /// What the candidates' probabilities are in proportion to.
    private var weights: [Double] {
        guard let best = candidates.first else { return [] }
        return candidates.map { exp(Double($0.logit - best.logit) / Double(temperature)) }
    }

    /// The candidates' probabilities.
    var probabilities: [Double] {
        let weights = weights
        let total = weights.reduce(0, +)
        return weights.map { $0 / total }
    }

    /// Draws a token.
    ///
    /// With a proposal x, drawn with probability q(x), this is speculative sampling (Leviathan et al. 2023): x is taken with
    /// probability min(1, p(x) / q(x)), else a token is drawn from what p has beyond q. So what comes out is distributed as p.
    func draw(_ generator: inout SeededGenerator, _ proposal: Proposal? = nil) -> Int32 {
        guard let best = candidates.first else { return 0 }
        guard !isCertain else { return best.id }
        var weights = weights
        if let proposal {
            let probabilities = probabilities
            let place = candidates.firstIndex { $0.id == proposal.id }
            let share = place.map { probabilities[$0] } ?? 0
            if generator.nextUnit() * proposal.probability(of: proposal.id) < share { return proposal.id }
            weights = zip(candidates, probabilities).map { max(0, $1 - proposal.probability(of: $0.id)) }
        }
        var point = generator.nextUnit() * weights.reduce(0, +)
        for (candidate, weight) in zip(candidates, weights) {
            point -= weight
            if point < 0 { return candidate.id }
        }
        return best.id
    }
}
