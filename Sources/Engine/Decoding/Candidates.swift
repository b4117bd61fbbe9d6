import Platform
import Tensors

/// A token that may come next.
struct Candidate {
    var id: Int32
    var logit: Float

    /// Best first; of equal ones the lower id, so that the order never depends on how it was found.
    static func precedes(_ a: Candidate, _ b: Candidate) -> Bool {
        a.logit > b.logit || (a.logit == b.logit && a.id < b.id)
    }
}

/// Finding the best of a vocabulary without sorting it.
enum CandidateSelection {
    /// The `count` best, best first.
    static func best(_ count: Int, of logits: UnsafeBufferPointer<Float>) -> [Candidate] {
        guard count < logits.count else { return all(logits) }
        guard count > 1 else {
            let id = Logits.argmax(logits)
            return count == 1 ? [Candidate(id: Int32(id), logit: logits[id])] : []
        }
        // The kept ones are sorted now and then; in between, whatever beats the worst of the last sort is collected.
        var kept: [Candidate] = []
        kept.reserveCapacity(2 * count + 64)
        var threshold = -Float.infinity
        for (id, logit) in logits.enumerated() where logit > threshold || kept.count < count {
            kept.append(Candidate(id: Int32(id), logit: logit))
            if kept.count == 2 * count + 64 {
                kept.sort(by: Candidate.precedes)
                kept.removeLast(kept.count - count)
                threshold = kept[count - 1].logit
            }
        }
        kept.sort(by: Candidate.precedes)
        return Array(kept.prefix(count))
    }

    /// All of them, best first.
    static func all(_ logits: UnsafeBufferPointer<Float>) -> [Candidate] {
        above(-.infinity, of: logits)
    }

    /// Those with at least the logit `threshold`, best first.
    static func above(_ threshold: Float, of logits: UnsafeBufferPointer<Float>) -> [Candidate] {
        var kept: [Candidate] = []
        for (id, logit) in logits.enumerated() where logit >= threshold {
            kept.append(Candidate(id: Int32(id), logit: logit))
        }
        kept.sort(by: Candidate.precedes)
        return kept
    }

    /// The fewest of the best whose probabilities reach `mass`, best first.
    static func nucleus(_ mass: Float, of logits: UnsafeBufferPointer<Float>) -> [Candidate] {
        let total = Logits.logSumExp(logits)
        let largest = logits[Logits.argmax(logits)]
        // Far fewer than the whole vocabulary nearly always suffice: widen until they do.
        for margin: Float in [4, 8, 16] {
            let kept = above(largest - margin, of: logits)
            if let count = prefix(mass, of: kept, logTotal: total) { return Array(kept.prefix(count)) }
        }
        let kept = all(logits)
        return Array(kept.prefix(prefix(mass, of: kept, logTotal: total) ?? kept.count))
    }

    /// How many of the candidates, best first, reach `mass`; nil if all together do not.
    static func prefix(_ mass: Float, of candidates: [Candidate], logTotal: Float) -> Int? {
        var sum: Float = 0
        for (index, candidate) in candidates.enumerated() {
            sum += expf(candidate.logit - logTotal)
            if sum >= mass { return index + 1 }
        }
        return nil
    }
}
