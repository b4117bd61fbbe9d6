import Agents
import Constraints
import Evaluation
import JSONValues

/// What is expected of an answer.
struct PromptCheck: Sendable {
    private enum Kind: Sendable {
        case contains(String)
        case matches(PythonRegex)
        case equals(String)
        case schema(Constraint)
        case similar(to: String, least: Double)
        case latency(Double)
        case judge(rubric: String, least: Int)
    }

    /// The check as the file has it, with variables put in.
    let text: String
    private let kind: Kind
    private let isNegated: Bool

    var needsJudge: Bool { if case .judge = kind { true } else { false } }
    var needsEncoder: Bool { if case .similar = kind { true } else { false } }
    var measuresTime: Bool { if case .latency = kind { true } else { false } }

    /// What checks need beside the answer.
    struct Helpers: Sendable {
        var judge: Judge?
        var similarity: (@Sendable (String, String) async throws -> Double)?
    }

    private static let kinds = [
        "contains", "not-contains", "regex", "not-regex", "equals", "json-schema", "similar", "latency", "judge",
    ]

    /// The checks of one entry of `assert`.
    static func read(_ section: SuiteSection, _ variables: JSON.Object) throws(EvaluationError) -> [PromptCheck] {
        try section.check(kinds)
        var checks: [PromptCheck] = []
        for name in section.value.objectValue?.keys ?? [] {
            guard let entry = section[name] else { throw section.error("\(name) has no value") }
            switch name {
            case "contains", "not-contains", "regex", "not-regex", "equals":
                for text in try section.texts(name) {
                    let text = try entry.rendered(text, variables)
                    checks.append(try textCheck(name, text, entry))
                }
            case "json-schema":
                let grammar = try constraint(entry)
                checks.append(PromptCheck(text: name, kind: .schema(grammar), isNegated: false))
            case "latency":
                let seconds = try entry.number(in: 0...1e6)
                checks.append(PromptCheck(text: "latency \(seconds) s", kind: .latency(seconds), isNegated: false))
            case "similar":
                try entry.check(["to", "least"])
                guard let other = try entry.text("to") else { throw entry.error("has no text to compare with (to)") }
                let text = try entry.rendered(other, variables)
                let least = try entry.number("least", in: -1...1) ?? 0.75
                checks.append(
                    PromptCheck(
                        text: "similar to \(text)", kind: .similar(to: text, least: least), isNegated: false))
            default:
                checks.append(try judgeCheck(entry, variables))
            }
        }
        return checks
    }

    private static func judgeCheck(
        _ entry: SuiteSection, _ variables: JSON.Object
    ) throws(EvaluationError) -> PromptCheck {
        var (rubric, least) = (entry.value.stringValue, 7)
        if rubric == nil {
            try entry.check(["rubric", "least"])
            rubric = try entry.text("rubric")
            least = try entry.integer("least", in: 1...10) ?? least
        }
        guard let rubric else { throw entry.error("has no rubric") }
        let text = try entry.rendered(rubric, variables)
        return PromptCheck(text: "judge: \(text)", kind: .judge(rubric: text, least: least), isNegated: false)
    }

    private static func textCheck(
        _ name: String, _ text: String, _ entry: SuiteSection
    ) throws(EvaluationError) -> PromptCheck {
        let kind: Kind
        switch name {
        case "contains", "not-contains": kind = .contains(text)
        case "equals": kind = .equals(text)
        default:
            do { kind = .matches(try PythonRegex(text, at: "")) } catch { throw entry.error(error.reason) }
        }
        return PromptCheck(text: "\(name) \(text)", kind: kind, isNegated: name.hasPrefix("not-"))
    }

    /// A schema as the engine's constraints read it, over single bytes.
    private static func constraint(_ entry: SuiteSection) throws(EvaluationError) -> Constraint {
        var schema = entry.value
        if let name = schema.stringValue {
            do { schema = try JSON(parsing: try entry.contents(name), source: name) } catch {
                throw entry.error("\(error)")
            }
        }
        let bytes = TokenTrie(tokens: (0...255).map { [UInt8($0)] } + [[]], endTokens: [256])
        do { return try Constraint(.jsonSchema(schema), bytes) } catch { throw entry.error("\(error)") }
    }

    /// Why an answer does not pass; nil if it does.
    ///
    /// - Throws: What an encoder throws.
    func failure(
        of answer: String, to question: String, seconds: Double, _ helpers: Helpers
    ) async throws -> String? {
        switch kind {
        case .contains(let part):
            answer.contains(part) == isNegated ? "\"\(part)\" is \(isNegated ? "" : "not ")in the answer" : nil
        case .matches(let expression):
            expression.matches(in: answer).isEmpty != isNegated
                ? "the expression \(isNegated ? "matches" : "does not match")" : nil
        case .equals(let text):
            answer.strippedOfSpace == text.strippedOfSpace ? nil : "the answer is another"
        case .schema(let constraint): schemaFailure(of: answer, constraint)
        case .latency(let most):
            seconds <= most ? nil : "the answer took \(seconds.formatted("%.2f")) s"
        case .similar(let other, let least):
            try await similarityFailure(of: answer, to: other, least, helpers)
        case .judge(let rubric, let least):
            try await judgeFailure(of: answer, to: question, rubric, least, helpers)
        }
    }

    private func schemaFailure(of answer: String, _ constraint: Constraint) -> String? {
        do {
            // As it stands, if it is nothing but JSON; otherwise what stands in a fence or between words.
            let value = try AnswerText.json(in: answer)
            let text = (try? JSON(parsing: answer, source: "")) == nil ? value.text() : answer.strippedOfSpace
            var matcher = constraint.makeMatcher()
            guard try matcher.accept(bytes: text.utf8), matcher.isComplete else {
                return "the answer does not follow the schema"
            }
            return nil
        } catch { return "the answer is not JSON: \(error)" }
    }

    private func similarityFailure(
        of answer: String, to other: String, _ least: Double, _ helpers: Helpers
    ) async throws -> String? {
        guard let similarity = helpers.similarity else { return "there is no encoder" }
        let value = try await similarity(answer, other)
        return value >= least ? nil : "the similarity is \(value.formatted("%.3f")), below \(least)"
    }

    private func judgeFailure(
        of answer: String, to question: String, _ rubric: String, _ least: Int, _ helpers: Helpers
    ) async throws -> String? {
        guard var judge = helpers.judge else { return "there is no judge" }
        judge.rubric = rubric
        do {
            let grade = try await judge.grade(answer, to: question)
            guard grade.score < least else { return nil }
            return "the score is \(grade.score), below \(least): \(grade.explanation)"
        } catch let error as EvaluationError where error.kind == .unanswered {
            return error.description
        }
    }
}
