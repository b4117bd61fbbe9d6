import Platform

/// Keeps the surprise of the text near a target (Basu et al. 2021): both versions, as llama.cpp has them.
struct MirostatState: Sendable {
    private let settings: Mirostat
    /// The largest surprise allowed, in bits.
    private var limit: Float

    init(_ settings: Mirostat) {
        self.settings = settings
        limit = 2 * settings.target
    }

    /// Leaves the candidates that may be drawn; they come best first, out of a vocabulary of `vocabularySize` tokens.
    func restrict(_ candidates: inout [Candidate], vocabularySize: Int) {
        guard !candidates.isEmpty else { return }
        // What a constraint forbids comes last.
        candidates.removeLast(candidates.count - max(1, candidates.prefix { $0.logit != -.infinity }.count))
        let total = Truncation.logTotal(candidates)
        switch settings.version {
        case .first: keep(estimate(candidates, vocabularySize), of: &candidates)
        case .second: keep(candidates.prefix { (total - $0.logit) * Self.bitsPerNat <= limit }.count, of: &candidates)
        }
    }

    private func keep(_ count: Int, of candidates: inout [Candidate]) {
        candidates.removeLast(candidates.count - min(candidates.count, max(1, count)))
    }

    /// Learns what was drawn from what ``restrict(_:vocabularySize:)`` left.
    mutating func accept(_ token: Int32, of candidates: [Candidate]) {
        guard let drawn = candidates.first(where: { $0.id == token }) else { return }
        let surprise = (Truncation.logTotal(candidates) - drawn.logit) * Self.bitsPerNat
        limit -= settings.rate * (surprise - settings.target)
    }

    /// How many tokens to keep, from the exponent of Zipf's law that the likeliest hundred follow.
    private func estimate(_ candidates: [Candidate], _ vocabularySize: Int) -> Int {
        var (products, squares) = (Float(0), Float(0))
        for index in 0..<max(0, min(99, candidates.count - 1)) {
            let step = logf(Float(index + 2) / Float(index + 1))
            products += step * (candidates[index].logit - candidates[index + 1].logit)
            squares += step * step
        }
        guard squares > 0 else { return 1 }
        let exponent = products / squares
        let excess = exponent - 1
        let count = powf(excess * exp2f(limit) / (1 - powf(Float(vocabularySize), -excess)), 1 / exponent)
        return count.isFinite ? Int(min(count, Float(candidates.count))) : candidates.count
    }

    private static let bitsPerNat: Float = 1.442695
}

/// Draws tokens whose probability is near a target, which what was drawn before moves (llama.cpp's adaptive-p).
struct AdaptiveState: Sendable {
    private let target: Float
    private let decay: Float
    private var weightedSum: Float
    private var totalWeight: Float

    /// Begins as if every draw so far had had the wanted probability.
    init?(_ parameters: SamplingParameters) {
        guard let target = parameters.adaptiveTarget else { return nil }
        self.target = min(1, max(0, target))
        decay = min(0.99, max(0, parameters.adaptiveDecay))
        (weightedSum, totalWeight) = (self.target / (1 - decay), 1 / (1 - decay))
    }

    /// The candidates with other logits; their order stays.
    func transformed(_ candidates: [Candidate]) -> [Candidate] {
        let total = Truncation.logTotal(candidates)
        let wanted = min(1, max(0, 2 * target - weightedSum / totalWeight))
        return candidates.map { candidate in
            guard candidate.logit != -.infinity else { return candidate }
            let distance = abs(expf(candidate.logit - total) - wanted) / 0.3
            return Candidate(id: candidate.id, logit: 5 - 10 * distance * distance / (1 + distance))
        }
    }

    /// Learns what was drawn, and its probability before the change.
    mutating func accept(_ token: Int32, of candidates: [Candidate]) {
        guard let drawn = candidates.first(where: { $0.id == token }) else { return }
        weightedSum = expf(drawn.logit - Truncation.logTotal(candidates)) + decay * weightedSum
        totalWeight = 1 + decay * totalWeight
    }
}
