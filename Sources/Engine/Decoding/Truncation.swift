import Platform
import Tensors

/// Steps that leave some of the candidates, which come best first, and stay in that order.
enum Truncation {
    static func topP(_ mass: Float, _ candidates: inout [Candidate]) {
        guard mass < 1, !candidates.isEmpty else { return }
        let count = CandidateSelection.prefix(mass, of: candidates, logTotal: logTotal(candidates))
        candidates.removeLast(candidates.count - max(1, count ?? candidates.count))
    }

    static func minP(_ share: Float, _ candidates: inout [Candidate]) {
        guard share > 0, let best = candidates.first else { return }
        let threshold = best.logit + logf(share)
        let count = candidates.firstIndex { $0.logit < threshold } ?? candidates.count
        candidates.removeLast(candidates.count - max(1, count))
    }

    /// Those whose information is nearest to the expected one (Meister et al. 2022).
    static func typical(_ mass: Float, _ candidates: inout [Candidate]) {
        guard mass < 1, !candidates.isEmpty else { return }
        let total = logTotal(candidates)
        let entropy = Self.entropy(candidates)
        let byDistance = candidates.sorted {
            let (first, second) = (abs(total - $0.logit - entropy), abs(total - $1.logit - entropy))
            return first < second || (first == second && $0.id < $1.id)
        }
        let count = CandidateSelection.prefix(mass, of: byDistance, logTotal: total)
        candidates = byDistance.prefix(count ?? byDistance.count).sorted(by: Candidate.precedes)
    }

    /// Logits within `deviations` standard deviations of the largest one; all if that is not above 0.
    static func topNSigma(_ deviations: Float, _ candidates: inout [Candidate]) {
        guard deviations > 0, candidates.count > 1, let best = candidates.first else { return }
        let threshold = best.logit - deviations * standardDeviation(candidates.lazy.map(\.logit))
        candidates.removeAll { $0.logit < threshold }
    }

    static func standardDeviation(_ logits: some Sequence<Float>) -> Float {
        var (count, sum) = (0, Double(0))
        for logit in logits where logit != -.infinity {
            count += 1
            sum += Double(logit)
        }
        guard count > 0 else { return 0 }
        let mean = sum / Double(count)
        var squares = 0.0
        for logit in logits where logit != -.infinity { squares += (Double(logit) - mean) * (Double(logit) - mean) }
        return Float((squares / Double(count)).squareRoot())
    }

    /// Of the tokens with at least the probability `threshold` all but the least likely one go.
    static func excludeTopChoices(_ threshold: Float, _ candidates: inout [Candidate]) {
        let total = logTotal(candidates)
        let likely = candidates.prefix { expf($0.logit - total) >= threshold }.count
        if likely > 1 { candidates.removeFirst(likely - 1) }
    }

    /// Divides the logits. With a range the temperature grows with the entropy, from `temperature - range` to
    /// `temperature + range`.
    static func temper(_ temperature: Float, range: Float, exponent: Float, _ candidates: inout [Candidate]) {
        var temperature = temperature
        if range > 0 {
            guard candidates.count > 1 else { return }
            let share = entropy(candidates) / logf(Float(candidates.count))
            let least = max(0, temperature - range)
            temperature = least + (temperature + range - least) * powf(share, exponent)
        }
        guard temperature > 0 else {
            candidates.removeLast(max(0, candidates.count - 1))
            return
        }
        for index in candidates.indices { candidates[index].logit /= temperature }
    }

    /// In nats.
    static func entropy(_ candidates: [Candidate]) -> Float {
        let total = logTotal(candidates)
        return candidates.reduce(Float(0)) { sum, candidate in
            let logProbability = candidate.logit - total
            return logProbability.isFinite ? sum - expf(logProbability) * logProbability : sum
        }
    }

    static func logTotal(_ candidates: [Candidate]) -> Float {
        guard let best = candidates.first?.logit else { return 0 }
        return best + logf(candidates.reduce(0) { $0 + expf($1.logit - best) })
    }
}
