/// How far a model's confidence can be trusted.
public enum Calibration {
    /// One bin of confidences.
    public struct Bin: Sendable, Hashable {
        /// The confidences that fall into it: above the lower bound, up to the upper one.
        public var bounds: ClosedRange<Double>
        /// How many do.
        public var count: Int
        /// Their mean.
        public var confidence: Double
        /// The share of them that were right.
        public var accuracy: Double
    }

    /// Confidences in bins of equal width.
    ///
    /// - Parameters:
    ///   - confidences: each 0 to 1.
    ///   - outcomes: for each whether the answer was right.
    public static func bins(
        confidences: [Double], outcomes: [Bool], count: Int = 15
    ) throws(EvaluationError) -> [Bin] {
        try check(confidences, outcomes.count)
        guard count >= 1 else { throw EvaluationError(.parameter, at: "bins", "is \(count)", remedy: "use at least 1") }
        return (0..<count).map { number in
            let (low, high) = (Double(number) / Double(count), Double(number + 1) / Double(count))
            // A confidence of exactly 0 belongs to the first bin.
            let members = confidences.indices.filter {
                confidences[$0] > low && confidences[$0] <= high || number == 0 && confidences[$0] == 0
            }
            return Bin(
                bounds: low...high, count: members.count, confidence: members.map { confidences[$0] }.mean,
                accuracy: members.map { outcomes[$0] ? 1.0 : 0 }.mean)
        }
    }

    /// The expected calibration error (Naeini et al., 2015; Guo et al., 2017): the mean gap between confidence and accuracy, bins
    /// weighted by what is in them.
    public static func expectedError(
        confidences: [Double], outcomes: [Bool], bins: Int = 15
    ) throws(EvaluationError) -> Double {
        try self.bins(confidences: confidences, outcomes: outcomes, count: bins)
            .reduce(0) { $0 + Double($1.count) / Double(confidences.count) * abs($1.confidence - $1.accuracy) }
    }

    /// The Brier score of probabilities of one event: their mean squared distance from what happened, 0 to 1.
    public static func brierScore(probabilities: [Double], outcomes: [Bool]) throws(EvaluationError) -> Double {
        try check(probabilities, outcomes.count)
        return zip(probabilities, outcomes).map { ($0 - ($1 ? 1 : 0)) * ($0 - ($1 ? 1 : 0)) }.mean
    }

    /// The Brier score of distributions over classes: squared distances summed over classes, 0 to 2.
    public static func brierScore(distributions: [[Double]], labels: [Int]) throws(EvaluationError) -> Double {
        guard distributions.count == labels.count else { throw mismatch(distributions.count, labels.count) }
        guard !labels.isEmpty else { throw EvaluationError(.empty, at: "distributions", "there are none") }
        for (index, label) in labels.enumerated() where !distributions[index].indices.contains(label) {
            throw EvaluationError(
                .data, at: "label \(index + 1)", "is \(label), and there are \(distributions[index].count) classes")
        }
        return zip(distributions, labels).map { distribution, label in
            distribution.enumerated().reduce(0) { sum, entry in
                let gap = entry.element - (entry.offset == label ? 1 : 0)
                return sum + gap * gap
            }
        }.mean
    }

    private static func check(_ values: [Double], _ outcomes: Int) throws(EvaluationError) {
        guard values.count == outcomes else { throw mismatch(values.count, outcomes) }
        guard !values.isEmpty else { throw EvaluationError(.empty, at: "confidences", "there are none") }
        if let index = values.firstIndex(where: { !(0...1).contains($0) }) {
            throw EvaluationError(
                .data, at: "confidence \(index + 1)", "is \(values[index])", remedy: "probabilities are from 0 to 1")
        }
    }

    private static func mismatch(_ values: Int, _ outcomes: Int) -> EvaluationError {
        EvaluationError(.countMismatch, at: "outcomes", "there are \(outcomes) for \(values) predictions")
    }
}
