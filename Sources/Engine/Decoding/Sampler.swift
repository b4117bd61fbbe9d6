import Platform
import Tensors

/// Chooses tokens from logits as its parameters say.
package struct Sampler: Sendable {
    package let parameters: SamplingParameters
    private var generator: SeededGenerator

    /// Makes a sampler; without a seed in the parameters it draws a fresh one.
    package init(_ parameters: SamplingParameters) {
        self.parameters = parameters
        generator = SeededGenerator(seed: parameters.seed ?? UInt64.random(in: .min ... .max))
    }

    /// Chooses the next token.
    ///
    /// - Parameters:
    ///   - logits: one per token of the vocabulary; biases and penalties are applied in place.
    ///   - history: the text so far, for the penalties.
    package mutating func sample(_ logits: UnsafeMutableBufferPointer<Float>, history: [Int32]) -> Int32 {
        applyBias(logits)
        applyPenalties(logits, history)
        let logits = UnsafeBufferPointer(logits)
        guard parameters.temperature > 0 else { return Int32(Logits.argmax(logits)) }
        return draw(candidates(logits))
    }

    private func applyBias(_ logits: UnsafeMutableBufferPointer<Float>) {
        for (id, bias) in parameters.logitBias where logits.indices.contains(Int(id)) { logits[Int(id)] += bias }
    }

    private func applyPenalties(_ logits: UnsafeMutableBufferPointer<Float>, _ history: [Int32]) {
        let (repetition, frequency) = (parameters.repetitionPenalty, parameters.frequencyPenalty)
        guard repetition != 1 || frequency != 0 || parameters.presencePenalty != 0 else { return }
        var counts: [Int32: Int] = [:]
        for id in history.suffix(parameters.penaltyWindow ?? history.count) { counts[id, default: 0] += 1 }
        for (id, count) in counts where logits.indices.contains(Int(id)) {
            var logit = logits[Int(id)]
            logit = logit > 0 ? logit / repetition : logit * repetition
            logits[Int(id)] = logit - Float(count) * frequency - parameters.presencePenalty
        }
    }

    /// The tokens that top-k, typical, top-p and min-p leave, best first.
    private func candidates(_ logits: UnsafeBufferPointer<Float>) -> [Candidate] {
        let limitsCount = parameters.topK > 0 && parameters.topK < logits.count
        var candidates: [Candidate]
        if limitsCount {
            candidates = CandidateSelection.best(parameters.topK, of: logits)
        } else if parameters.typicalP >= 1, parameters.topP < 1 {
            candidates = CandidateSelection.nucleus(parameters.topP, of: logits)
        } else if parameters.typicalP >= 1, parameters.minP > 0 {
            candidates = CandidateSelection.above(logits[Logits.argmax(logits)] + logf(parameters.minP), of: logits)
        } else {
            candidates = CandidateSelection.all(logits)
        }
        if parameters.typicalP < 1 { candidates = typical(candidates) }
        if parameters.topP < 1, limitsCount || parameters.typicalP < 1, !candidates.isEmpty {
            let total = logTotal(candidates)
            let count = CandidateSelection.prefix(parameters.topP, of: candidates, logTotal: total)
            candidates.removeLast(candidates.count - max(1, count ?? candidates.count))
        }
        if parameters.minP > 0, let best = candidates.first {
            let threshold = best.logit + logf(parameters.minP)
            let count = candidates.firstIndex { $0.logit < threshold } ?? candidates.count
            candidates.removeLast(candidates.count - max(1, count))
        }
        return candidates
    }

    /// Those whose information is nearest to the expected one (Meister et al. 2022), best first.
    private func typical(_ candidates: [Candidate]) -> [Candidate] {
        let total = logTotal(candidates)
        let entropy = candidates.reduce(Float(0)) { sum, candidate in
            let logProbability = candidate.logit - total
            return logProbability.isFinite ? sum - expf(logProbability) * logProbability : sum
        }
        let byDistance = candidates.sorted {
            let (first, second) = (abs(total - $0.logit - entropy), abs(total - $1.logit - entropy))
            return first < second || (first == second && $0.id < $1.id)
        }
        let count = CandidateSelection.prefix(parameters.typicalP, of: byDistance, logTotal: total)
        return byDistance.prefix(count ?? byDistance.count).sorted(by: Candidate.precedes)
    }

    private func logTotal(_ candidates: [Candidate]) -> Float {
        guard let best = candidates.first?.logit else { return 0 }
        return best + logf(candidates.reduce(0) { $0 + expf($1.logit - best) })
    }

    private mutating func draw(_ candidates: [Candidate]) -> Int32 {
        guard let best = candidates.first else { return 0 }
        let weights = candidates.map { exp(Double($0.logit - best.logit) / Double(parameters.temperature)) }
        var point = generator.nextUnit() * weights.reduce(0, +)
        for (candidate, weight) in zip(candidates, weights) {
            point -= weight
            if point < 0 { return candidate.id }
        }
        return best.id
    }
}

extension Sampler {
    /// The `count` most likely tokens of one position with their log-probabilities, best first.
    package static func mostLikely(
        _ count: Int, of logits: UnsafeBufferPointer<Float>
    ) -> [(id: Int32, logProbability: Float)] {
        guard count > 0 else { return [] }
        let total = Logits.logSumExp(logits)
        return CandidateSelection.best(count, of: logits).map { ($0.id, $0.logit - total) }
    }
}
