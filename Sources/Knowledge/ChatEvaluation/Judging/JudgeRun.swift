public import Evaluation
public import JSONValues

/// Answers judged one by one, or side by side with others.
public struct JudgeRun: Sendable {
    /// An answer to judge.
    public struct Item: Sendable, Hashable {
        /// The file and line.
        public var place: String
        /// The question.
        public var question: String
        /// The answer.
        public var answer: String
        /// An answer that is known to be right.
        public var reference: String?
        /// What a person thinks: a score, or `win`, `loss` or `tie`.
        public var label: JSON?
        /// Who answered.
        public var model: String?
        /// The answer that it is measured against.
        public var other: String?
        /// Who gave that.
        public var otherModel: String?
    }

    /// What the judge said about an answer.
    public struct Verdict: Sendable, Hashable {
        /// The answer.
        public var item: Item
        /// Its score; nil for pairs and where there is none.
        public var score: Int?
        /// Who won when the answer was shown first and second.
        public var pair: PairwiseVerdicts.Pair?
        /// Why.
        public var explanation = ""
        /// Why there is no verdict.
        public var failure: String?
    }

    /// The judge's name.
    public let judge: String
    /// What it said, in the answers' order.
    public let verdicts: [Verdict]

    // MARK: Files

    /// Reads answers from JSON lines, a JSON list or CSV: `question`, `answer`, and `reference`, `label`, `model` where there are such;
    /// AlpacaEval's `instruction`, `output` and `generator` mean the same.
    ///
    /// - Parameter against: a file of answers to the same questions in the same order.
    /// - Throws: `EvaluationError` naming file and line.
    public static func items(_ path: String, against other: String? = nil) throws(EvaluationError) -> [Item] {
        var items = try items(in: path)
        guard let other else { return items }
        let others = try self.items(in: other)
        guard others.count == items.count else {
            throw EvaluationError(
                .countMismatch, at: other, "has \(others.count) answers, and \(path) has \(items.count)")
        }
        for (number, item) in others.enumerated() {
            guard item.question == items[number].question else {
                throw EvaluationError(
                    .data, at: item.place, "has another question than \(items[number].place)",
                    remedy: "both files have the same questions in the same order")
            }
            (items[number].other, items[number].otherModel) = (item.answer, item.model)
        }
        return items
    }

    private static func items(in path: String) throws(EvaluationError) -> [Item] {
        var items: [Item] = []
        for (place, value) in try TaskDocuments.located(path) {
            func text(_ names: [String]) -> String? { names.lazy.compactMap { value[$0]?.stringValue }.first }
            guard let question = text(["question", "instruction", "prompt"]) else {
                throw EvaluationError(.data, at: place, "has no question")
            }
            guard let answer = text(["answer", "output"]) else {
                throw EvaluationError(.data, at: place, "has no answer")
            }
            items.append(
                Item(
                    place: place, question: question, answer: answer, reference: text(["reference"]),
                    label: value["label"].flatMap { $0.isNull ? nil : $0 }, model: text(["model", "generator"])))
        }
        guard !items.isEmpty else { throw EvaluationError(.empty, at: path, "has no answers") }
        return items
    }

    // MARK: Judging

    /// Has answers judged. Pairs are shown in both orders; an answer without a verdict is kept with the reason.
    ///
    /// - Throws: `EvaluationError` if nothing got a verdict, or the judge cannot be asked at all.
    public init(
        _ items: [Item], judge: Judge, concurrency: Int = 8,
        progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) async throws {
        self.judge = judge.model.name
        verdicts = try await inParallel(items, width: concurrency, progress: progress) { item in
            do { return try await Self.verdict(item, judge) } catch let error as EvaluationError
                where error.kind == .unanswered
            {
                return Verdict(item: item, failure: error.description)
            }
        }
        guard let first = verdicts.first, verdicts.allSatisfy({ $0.failure != nil }) else { return }
        throw EvaluationError(
            .model, at: "judge \(judge.model.name)", "gave none of \(verdicts.count) verdicts; \(first.failure ?? "")")
    }

    private static func verdict(_ item: Item, _ judge: Judge) async throws -> Verdict {
        guard let other = item.other else {
            let grade = try await judge.grade(item.answer, to: item.question, reference: item.reference)
            return Verdict(item: item, score: grade.score, explanation: grade.explanation)
        }
        let shown = try await judge.compare(item.answer, other, on: item.question, reference: item.reference)
        let swapped = try await judge.compare(other, item.answer, on: item.question, reference: item.reference)
        let turned: Battle.Outcome =
            switch swapped.outcome {
            case .first: .second
            case .second: .first
            case .tie: .tie
            }
        return Verdict(
            item: item,
            pair: PairwiseVerdicts.Pair(
                inOrder: shown.outcome, swapped: turned, firstLength: item.answer.count, secondLength: other.count),
            explanation: shown.explanation)
    }
}
