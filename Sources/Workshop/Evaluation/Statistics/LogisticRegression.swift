/// Logistic regression with a quadratic penalty, as scikit-learn's `LogisticRegression(fit_intercept=False)` fits it.
public enum LogisticRegression {
    /// The weights that make the sum of losses, plus their squared length over twice `strength`, smallest (Newton's method).
    ///
    /// - Parameters:
    ///   - rows: the features of each observation, all of one number.
    ///   - targets: the probability that was seen of each, 0 to 1; a half is a tie.
    ///   - strength: scikit-learn's `C`; the larger, the weaker the penalty, which keeps weights of separable data finite.
    /// - Throws: `EvaluationError` if lengths differ, there are no observations, or `strength` is not positive.
    public static func fit(
        _ rows: [[Double]], targets: [Double], strength: Double = 100
    ) throws(EvaluationError) -> [Double] {
        guard rows.count == targets.count, let width = rows.first?.count, rows.allSatisfy({ $0.count == width }) else {
            throw EvaluationError(.countMismatch, at: "rows", "there are \(rows.count) for \(targets.count) targets")
        }
        guard strength > 0 else { throw EvaluationError(.parameter, at: "strength", "is \(strength)") }
        var weights = [Double](repeating: 0, count: width)
        for _ in 0..<200 {
            var system = weights.indices.map { column -> [Double] in
                var row = [Double](repeating: 0, count: width + 1)
                row[column] = 1 / strength
                row[width] = -weights[column] / strength
                return row
            }
            for (features, target) in zip(rows, targets) {
                let chance = probability(features, weights)
                for column in weights.indices {
                    system[column][width] += (target - chance) * features[column]
                    for other in weights.indices {
                        system[column][other] += chance * (1 - chance) * features[column] * features[other]
                    }
                }
            }
            let step = LinearSystem.solution(system)
            // Far from the solution whole steps would overshoot.
            let length = step.map(abs).max() ?? 0
            for column in weights.indices { weights[column] += step[column] * min(1, 1 / max(length, 1e-300)) }
            if length < 1e-12 { break }
        }
        return weights
    }

    /// The probability that weights give an observation.
    public static func probability(_ features: [Double], _ weights: [Double]) -> Double {
        1 / (1 + (-zip(features, weights).reduce(0) { $0 + $1.0 * $1.1 }).exponential)
    }
}
