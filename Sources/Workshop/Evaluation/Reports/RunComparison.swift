public import JSONValues

/// Two runs of the same tasks, question by question.
public struct RunComparison: Sendable {
    /// One metric of one task.
    public struct Row: Sendable, Hashable {
        /// The task.
        public var task: String
        /// The filter of the answers; `none` for none.
        public var filter: String
        /// The metric.
        public var metric: String
        /// The questions that both runs answered.
        public var samples: Int
        /// The first run's value over these.
        public var first: Double
        /// The second run's.
        public var second: Double
        /// The bounds of the difference, second minus first, at 95%; nil for metrics that are no function of questions' values.
        public var interval: Bootstrap.Interval?
        /// Questions that the second run answers better.
        public var better = 0
        /// Questions that it answers worse.
        public var worse = 0
        /// The exact test of McNemar where each answer is right or wrong; nil elsewhere.
        public var pValue: Double?

        /// Second minus first.
        public var difference: Double { second - first }
    }

    /// A question that the runs answer with different values.
    public struct Change: Sendable, Hashable {
        /// The task.
        public var task: String
        /// The filter.
        public var filter: String
        /// The metric.
        public var metric: String
        /// The question's number.
        public var document: Int
        /// The question's columns.
        public var content: JSON
        /// What would be right.
        public var target: JSON
        /// The first run's value and what its model answered.
        public var first: (value: Double, answer: JSON) { (values[0], answers[0]) }
        /// The second's.
        public var second: (value: Double, answer: JSON) { (values[1], answers[1]) }
        let values: [Double]
        let answers: [JSON]
    }

    /// The names of both runs' models.
    public let models: [String]
    /// Every metric that both have.
    public private(set) var rows: [Row] = []
    /// Every question whose value changed.
    public private(set) var changes: [Change] = []
    /// What could not be compared, and why.
    public private(set) var notes: [String] = []

    /// Compares two runs' results, as `EvaluationReport.json` has them with samples.
    ///
    /// - Throws: `EvaluationError` if one has no samples, or there is no task and metric that both have.
    public init(_ first: JSON, _ second: JSON, names: [String] = ["the first run", "the second run"])
        throws(EvaluationError)
    {
        let runs = [first, second]
        models = zip(runs, names).map { $0["config"]?["model"]?.stringValue ?? $1 }
        for (run, name) in zip(runs, names) where run["samples"]?.objectValue == nil {
            throw EvaluationError(
                .data, at: name, "has no samples, so that questions cannot be compared",
                remedy: "run it with --samples or --output")
        }
        for (task, results) in first["results"]?.objectValue ?? [:] {
            guard first["samples"]?[task] != nil else { continue }
            guard let others = second["results"]?[task] else {
                notes.append("\(task): only the first run has it")
                continue
            }
            for key in results.objectValue?.keys ?? [] where others[key]?.doubleValue != nil {
                let parts = key.split(separator: ",", maxSplits: 1).map(String.init)
                guard parts.count == 2, !parts[0].hasSuffix("_stderr") else { continue }
                compare(task, metric: parts[0], filter: parts[1], runs, key: key)
            }
        }
        guard !rows.isEmpty else {
            throw EvaluationError(
                .data, at: names.joined(separator: " and "), "have no task and metric in common",
                remedy: notes.joined(separator: "; "))
        }
    }

    private mutating func compare(_ task: String, metric: String, filter: String, _ runs: [JSON], key: String) {
        let samples = runs.map { run in
            (run["samples"]?[task]?.arrayValue ?? []).filter { $0["filter"]?.stringValue == filter }
        }
        let second = Dictionary(
            samples[1].map { ($0["doc_id"]?.intValue ?? -1, $0) }, uniquingKeysWith: { first, _ in first })
        var pairs: [(JSON, JSON)] = []
        for sample in samples[0] {
            guard let id = sample["doc_id"]?.intValue, let other = second[id], other["doc"] == sample["doc"] else {
                continue
            }
            pairs.append((sample, other))
        }
        let unmatched = max(samples[0].count, samples[1].count) - pairs.count
        if unmatched > 0 {
            notes.append("\(task), \(filter): \(unmatched) questions are not in both runs, or differ, and are left out")
        }
        let values = pairs.compactMap { pair -> (JSON, JSON, Double, Double)? in
            guard let first = pair.0[metric]?.doubleValue, let second = pair.1[metric]?.doubleValue else { return nil }
            return (pair.0, pair.1, first, second)
        }
        guard !values.isEmpty, values.count == pairs.count else {
            guard let first = runs[0]["results"]?[task]?[key]?.doubleValue,
                let second = runs[1]["results"]?[task]?[key]?.doubleValue
            else { return }
            notes.append("\(task), \(metric): has no values of single questions, and so no interval")
            rows.append(
                Row(task: task, filter: filter, metric: metric, samples: pairs.count, first: first, second: second))
            return
        }
        addRow(task, metric, filter, values.map(\.2), values.map(\.3))
        for (first, second, before, after) in values where before != after {
            changes.append(
                Change(
                    task: task, filter: filter, metric: metric, document: first["doc_id"]?.intValue ?? 0,
                    content: first["doc"] ?? .null, target: first["target"] ?? .null, values: [before, after],
                    answers: [first, second].map { $0["filtered_resps"] ?? $0["resps"] ?? .null }))
        }
    }

    private mutating func addRow(
        _ task: String, _ metric: String, _ filter: String, _ first: [Double], _ second: [Double]
    ) {
        // A perplexity's questions have log-likelihoods.
        let statistic: ([Double]) -> Double = metric == "perplexity" ? { (-$0.mean).exponential } : { $0.mean }
        let isBinary = (first + second).allSatisfy { $0 == 0 || $0 == 1 }
        let better = zip(first, second).count { $0 < $1 }
        let worse = zip(first, second).count { $0 > $1 }
        rows.append(
            Row(
                task: task, filter: filter, metric: metric, samples: first.count, first: statistic(first),
                second: statistic(second), interval: try? PairedTest.bootstrap(first, second, statistic: statistic),
                better: better, worse: worse,
                pValue: isBinary ? PairedTest.mcNemar(onlyFirst: worse, onlySecond: better) : nil))
    }
}
