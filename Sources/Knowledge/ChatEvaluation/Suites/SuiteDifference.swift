public import Evaluation
public import JSONValues

/// What changed between an earlier run of a suite and this one.
public struct SuiteDifference: Sendable {
    /// How a case changed.
    public enum Change: String, Sendable, Hashable {
        case broken, fixed, answer, added, removed
    }

    /// A case that changed.
    public struct Entry: Sendable, Hashable {
        /// How.
        public var change: Change
        /// The model, the prompt and the test.
        public var name: String
        /// The answer before.
        public var before: String
        /// The answer now.
        public var after: String
        /// Which checks fail now.
        public var failures: [String]
    }

    /// The cases that changed, broken ones first.
    public private(set) var entries: [Entry] = []

    /// Compares a run with an earlier one's JSON. Where each has one model only, models need not be the same.
    ///
    /// - Throws: `EvaluationError` if the JSON is no run of a suite.
    public init(_ old: JSON, _ run: SuiteRun, source: String) throws(EvaluationError) {
        guard let earlier = old["outcomes"]?.arrayValue else {
            throw EvaluationError(
                .data, at: source, "is no run of a suite", remedy: "give the JSON that swiftlet eval suite wrote")
        }
        let models = Set(earlier.compactMap { $0["model"]?.stringValue })
        let isOneModel = models.count == 1 && Set(run.outcomes.map(\.model)).count == 1
        func key(_ model: String, _ id: String) -> String { isOneModel ? id : "\(model)/\(id)" }
        var before: [String: JSON] = [:]
        for outcome in earlier {
            let id =
                "\(outcome["prompt"]?.stringValue ?? "")/\(outcome["test"]?.stringValue ?? "")/"
                + (outcome["variables"] ?? [:]).text()
            before[key(outcome["model"]?.stringValue ?? "", id)] = outcome
        }
        for outcome in run.outcomes {
            let old = before.removeValue(forKey: key(outcome.model, outcome.caseID))
            let oldAnswer = old?["answer"]?.stringValue ?? ""
            guard let change = Self.change(old, oldAnswer, outcome) else { continue }
            entries.append(
                Entry(
                    change: change, name: Self.name(outcome.model, outcome.caseID), before: oldAnswer,
                    after: outcome.answer,
                    failures: outcome.error.map { [$0] } ?? outcome.failures.map { "\($0.check): \($0.reason)" }))
        }
        for (name, outcome) in before.sorted(by: { $0.key < $1.key }) {
            entries.append(
                Entry(
                    change: .removed, name: name, before: outcome["answer"]?.stringValue ?? "", after: "", failures: [])
            )
        }
        let order: [Change] = [.broken, .fixed, .added, .removed, .answer]
        entries = order.flatMap { change in entries.filter { $0.change == change } }
    }

    private static func change(_ old: JSON?, _ answer: String, _ outcome: SuiteRun.Outcome) -> Change? {
        guard let old else { return .added }
        switch (old["passes"]?.boolValue ?? false, outcome.passes) {
        case (true, false): return .broken
        case (false, true): return .fixed
        default: return answer == outcome.answer ? nil : .answer
        }
    }

    private static func name(_ model: String, _ id: String) -> String { "\(model): \(id)" }

    /// Whether a case that passed, or was not there, fails.
    public var isWorse: Bool {
        entries.contains { $0.change == .broken || ($0.change == .added && !$0.failures.isEmpty) }
    }

    /// A list of objects.
    public var json: JSON {
        .array(
            entries.map {
                [
                    "change": .string($0.change.rawValue), "case": .string($0.name), "before": .string($0.before),
                    "after": .string($0.after), "failures": .array($0.failures.map { .string($0) }),
                ]
            })
    }

    /// A table.
    public var markdown: String {
        guard !entries.isEmpty else { return "Nothing changed.\n" }
        var text = "| Change | Case | Before | Now | Failures |\n|---|---|---|---|---|\n"
        for entry in entries {
            let cells = [entry.name, entry.before, entry.after, entry.failures.joined(separator: "; ")]
            text += "| \(entry.change.rawValue) | "
            text += cells.map { ReportPage.cell($0, limit: 100) }.joined(separator: " | ") + " |\n"
        }
        return text
    }
}
