import Platform

/// The perplexity of scored tokens and its standard error.
package struct Perplexity: Sendable, Hashable {
    /// The tokens so far.
    package private(set) var count = 0
    private var sum = 0.0
    private var sumOfSquares = 0.0

    /// Makes one of no tokens yet.
    package init() {}

    /// Adds a token's natural log-probability.
    package mutating func add(logProbability: Double) {
        count += 1
        sum -= logProbability
        sumOfSquares += logProbability * logProbability
    }

    /// The exponential of the mean negative log-probability.
    package var value: Double { count > 0 ? exp(sum / Double(count)) : .nan }

    /// The standard error of `value`, by the first-order propagation of the mean's.
    package var standardError: Double {
        guard count > 1 else { return 0 }
        let mean = sum / Double(count)
        let variance = max(0, sumOfSquares / Double(count) - mean * mean)
        return value * (variance / Double(count - 1)).squareRoot()
    }
}
