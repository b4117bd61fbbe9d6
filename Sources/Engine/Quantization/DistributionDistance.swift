import Platform

/// How far a model's predictions are from those of the model that it was made of.
///
/// Both see the same texts; each token's two distributions are compared.
package struct DistributionDistance: Sendable, Hashable {
    /// The tokens so far.
    package private(set) var count = 0
    /// Those for which both have the same best token.
    private var sameBest = 0
    private var divergence = 0.0
    private var loss = 0.0
    private var baseLoss = 0.0

    /// Makes one of no tokens yet.
    package init() {}

    /// The mean Kullback-Leibler divergence from the base, in nats.
    package var meanDivergence: Double { divergence / Double(max(1, count)) }
    /// The exponential of the mean negative log-probability of what the texts go on with.
    package var perplexity: Double { exp(loss / Double(max(1, count))) }
    /// The same of the base.
    package var basePerplexity: Double { exp(baseLoss / Double(max(1, count))) }
    /// The share of tokens for which both have the same best token.
    package var agreement: Double { Double(sameBest) / Double(max(1, count)) }

    /// Adds the logits `[vocabulary]` of both for one token, and the token that followed.
    package mutating func add(
        base: UnsafeBufferPointer<Float>, other: UnsafeBufferPointer<Float>, next: Int
    ) {
        guard base.count == other.count, base.indices.contains(next) else { return }
        let (first, second) = (Self.normalizer(base), Self.normalizer(other))
        var sum = 0.0
        for index in base.indices {
            let own = Double(base[index]) - first.logSum
            // What has less than a 10^17th of the probability adds nothing that counts.
            guard own > -40 else { continue }
            sum += exp(own) * (own - (Double(other[index]) - second.logSum))
        }
        count += 1
        divergence += max(0, sum)
        sameBest += first.best == second.best ? 1 : 0
        baseLoss += first.logSum - Double(base[next])
        loss += second.logSum - Double(other[next])
    }

    private static func normalizer(_ logits: UnsafeBufferPointer<Float>) -> (logSum: Double, best: Int) {
        var best = 0
        for index in logits.indices where logits[index] > logits[best] { best = index }
        let largest = logits[best]
        var sum = 0.0
        for logit in logits { sum += Double(exp(logit - largest)) }
        return (Double(largest) + log(sum), best)
    }
}
