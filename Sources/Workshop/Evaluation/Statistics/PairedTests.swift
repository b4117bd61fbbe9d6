/// What tells two systems apart that were given the same questions.
public enum PairedTest {
    /// McNemar's exact test (1947): how likely right answers would be spread at least so unevenly over the questions that only one of
    /// two systems answers rightly, if both were equally good. Two-sided, 1 if there are no such questions.
    public static func mcNemar(onlyFirst: Int, onlySecond: Int) -> Double {
        let count = max(0, onlyFirst) + max(0, onlySecond)
        guard count > 0 else { return 1 }
        // Logarithms: a half to the power of thousands is no number.
        var (logarithm, tail) = (Double(count) * 0.5.logarithm, 0.0)
        for wins in 0...max(0, min(onlyFirst, onlySecond)) {
            if wins > 0 { logarithm += (Double(count - wins + 1) / Double(wins)).logarithm }
            tail += logarithm.exponential
        }
        return min(1, 2 * tail)
    }

    /// The interval of how much a statistic of the second system's values exceeds that of the first's, over samples of the questions.
    ///
    /// - Parameter statistic: of a system's values; their mean if nil.
    /// - Throws: `EvaluationError` if the lists differ in length or are empty.
    public static func bootstrap(
        _ first: [Double], _ second: [Double], confidence: Double = 0.95, samples: Int = 1000, seed: UInt32 = 0,
        statistic: (([Double]) -> Double)? = nil
    ) throws(EvaluationError) -> Bootstrap.Interval {
        guard first.count == second.count else {
            throw EvaluationError(.countMismatch, at: "values", "there are \(first.count) and \(second.count)")
        }
        guard !first.isEmpty else { throw EvaluationError(.empty, at: "values", "there are none") }
        let statistic = statistic ?? { $0.mean }
        return Bootstrap.interval(count: first.count, confidence: confidence, samples: samples, seed: seed) {
            positions in statistic(positions.map { second[$0] }) - statistic(positions.map { first[$0] })
        }
    }
}
