/// Labels that were predicted, or given by someone else, against the right ones.
public struct LabelAgreement: Sendable, Hashable {
    /// All labels, sorted.
    public let labels: [String]
    /// How often each label (rows) was predicted as each (columns).
    public let counts: [[Int]]
    /// The number of items.
    public let total: Int

    /// Counts.
    ///
    /// - Throws: `EvaluationError` if lengths differ or there are no items.
    public init(expected: [String], predicted: [String]) throws(EvaluationError) {
        guard expected.count == predicted.count else {
            throw EvaluationError(
                .countMismatch, at: "predictions", "there are \(predicted.count) for \(expected.count) labels")
        }
        guard !expected.isEmpty else { throw EvaluationError(.empty, at: "labels", "there are none") }
        let labels = Set(expected).union(predicted).sorted()
        let numbers = Dictionary(uniqueKeysWithValues: labels.enumerated().map { ($1, $0) })
        var counts = [[Int]](repeating: Array(repeating: 0, count: labels.count), count: labels.count)
        for (right, label) in zip(expected, predicted) {
            if let row = numbers[right], let column = numbers[label] { counts[row][column] += 1 }
        }
        (self.labels, self.counts, total) = (labels, counts, expected.count)
    }

    private var rowSums: [Int] { counts.map { $0.reduce(0, +) } }
    private var columnSums: [Int] { labels.indices.map { column in counts.reduce(0) { $0 + $1[column] } } }
    private var hits: Int { labels.indices.reduce(0) { $0 + counts[$1][$1] } }

    /// The share of right predictions.
    public var accuracy: Double { Double(hits) / Double(total) }

    /// Each label's F1, 0 where it was neither meant nor predicted rightly.
    public var f1: [Double] {
        let (rows, columns) = (rowSums, columnSums)
        return labels.indices.map { label in
            let sum = rows[label] + columns[label]
            return sum > 0 ? 2 * Double(counts[label][label]) / Double(sum) : 0
        }
    }

    /// The mean F1 of all labels.
    public var macroF1: Double { f1.mean }

    /// The mean F1 weighted by how often each label is right.
    public var weightedF1: Double {
        zip(f1, rowSums).reduce(0) { $0 + $1.0 * Double($1.1) } / Double(total)
    }

    /// Matthews' correlation of any number of labels (Gorodkin, 2004), 0 if one side has one label only.
    public var matthewsCorrelation: Double {
        let (rows, columns, items) = (rowSums.map(Double.init), columnSums.map(Double.init), Double(total))
        let covariance = Double(hits) * items - zip(rows, columns).reduce(0) { $0 + $1.0 * $1.1 }
        let spread =
            (items * items - rows.reduce(0) { $0 + $1 * $1 }) * (items * items - columns.reduce(0) { $0 + $1 * $1 })
        return spread > 0 ? covariance / spread.squareRoot() : 0
    }

    /// Cohen's kappa (1960): agreement beyond chance, 1 for full agreement. NaN never: two raters who only know one and the same
    /// label agree fully.
    public var cohensKappa: Double {
        let items = Double(total)
        let chance = zip(rowSums, columnSums).reduce(0) { $0 + Double($1.0) / items * Double($1.1) / items }
        return chance < 1 ? (accuracy - chance) / (1 - chance) : 1
    }

    /// Homogeneity, completeness and their harmonic mean of clusters (the predictions) against classes (Rosenberg and Hirschberg, 2007).
    public var vMeasure: (homogeneity: Double, completeness: Double, score: Double) {
        func entropy(_ sums: [Int]) -> Double {
            sums.filter { $0 > 0 }.reduce(0) {
                $0 - Double($1) / Double(total) * (Double($1) / Double(total)).logarithm
            }
        }
        let (rows, columns) = (rowSums, columnSums)
        var information = 0.0
        for row in labels.indices {
            for column in labels.indices where counts[row][column] > 0 {
                let count = Double(counts[row][column])
                let chance = Double(rows[row]) * Double(columns[column])
                information += count / Double(total) * (count * Double(total) / chance).logarithm
            }
        }
        let (classes, clusters) = (entropy(rows), entropy(columns))
        let homogeneity = classes > 0 ? information / classes : 1
        let completeness = clusters > 0 ? information / clusters : 1
        let sum = homogeneity + completeness
        return (homogeneity, completeness, sum > 0 ? 2 * homogeneity * completeness / sum : 0)
    }
}

/// The share of problems that a model solves in one of several tries.
public enum PassAtK {
    /// The unbiased estimate (Chen et al., 2021): the chance that `k` of `samples` tries hold one of the `correct` ones.
    ///
    /// - Throws: `EvaluationError` of kind `.parameter` if `k` is less than 1 or more than `samples`, or `correct` is not within 0 and
    ///   `samples`: from fewer tries than `k` nothing can be estimated.
    public static func estimate(samples: Int, correct: Int, k: Int) throws(EvaluationError) -> Double {
        guard k >= 1, k <= samples else {
            throw EvaluationError(
                .parameter, at: "k", "is \(k), and there are \(samples) samples of a problem",
                remedy: "draw at least k samples of each problem")
        }
        guard (0...samples).contains(correct) else {
            throw EvaluationError(.parameter, at: "correct", "is \(correct) of \(samples) samples")
        }
        if samples - correct < k { return 1 }
        var none = 1.0
        for number in samples - correct + 1..<samples + 1 { none *= 1 - Double(k) / Double(number) }
        return 1 - none
    }

    /// The mean estimate of several problems, each with its samples and how many of them are correct.
    public static func mean(_ problems: [(samples: Int, correct: Int)], k: Int) throws(EvaluationError) -> Double {
        guard !problems.isEmpty else { throw EvaluationError(.empty, at: "problems", "there are none") }
        var sum = 0.0
        for problem in problems { sum += try estimate(samples: problem.samples, correct: problem.correct, k: k) }
        return sum / Double(problems.count)
    }
}
