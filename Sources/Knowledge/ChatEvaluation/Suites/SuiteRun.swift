public import Agents
import Evaluation
public import JSONValues

/// A suite's cases asked of models, and what became of them.
public struct SuiteRun: Sendable {
    /// A model and how many cases it is asked at once.
    public struct Contestant: Sendable {
        /// What the report calls it.
        public var name: String
        /// The model.
        public var model: any ChatModel
        /// How many cases it is asked at once.
        public var concurrency: Int

        /// Names a model.
        public init(_ name: String, _ model: any ChatModel, concurrency: Int = 1) {
            (self.name, self.model, self.concurrency) = (name, model, concurrency)
        }
    }

    /// What became of one case.
    public struct Outcome: Sendable, Hashable {
        /// The model's name.
        public var model: String
        /// The prompt's name.
        public var prompt: String
        /// The test's name.
        public var test: String
        /// What was put into the prompt.
        public var variables: JSON.Object
        /// What the model said.
        public var answer: String
        /// How long it took.
        public var seconds: Double
        /// Why there is no answer; nil if there is one.
        public var error: String?
        /// What was expected, and why it did not hold.
        public var failures: [Failure] = []
        /// How many checks there were.
        public var checks = 0

        /// A check that failed.
        public struct Failure: Sendable, Hashable {
            /// The check.
            public var check: String
            /// Why.
            public var reason: String
        }

        /// Whether there is an answer and all checks hold.
        public var passes: Bool { error == nil && failures.isEmpty }

        /// The case without its model.
        var caseID: String { "\(prompt)/\(test)/\(JSON.object(variables).text())" }
    }

    /// The suite.
    public let suite: PromptSuite
    /// The outcomes, model by model.
    public private(set) var outcomes: [Outcome] = []

    /// Makes a run without outcomes.
    public init(_ suite: PromptSuite) { self.suite = suite }

    /// Asks a model every case. An error of one case is its outcome.
    public mutating func ask(
        _ contestant: Contestant, progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) async throws {
        let options = suite.options
        outcomes += try await inParallel(
            suite.cases, width: suite.measuresTime ? 1 : contestant.concurrency, progress: progress
        ) { item in
            var outcome = Outcome(
                model: contestant.name, prompt: item.prompt, test: item.test, variables: item.variables, answer: "",
                seconds: 0, checks: item.checks.count)
            let start = ContinuousClock.now
            do {
                outcome.answer = try await contestant.model.answer(item.messages, options).text
            } catch let error as CancellationError {
                throw error
            } catch { outcome.error = "\(error)" }
            outcome.seconds = start.duration(to: .now) / .seconds(1)
            return outcome
        }
    }

    /// Checks all answers.
    ///
    /// - Parameters:
    ///   - judge: for checks by a judge.
    ///   - similarity: how near two texts are by their meaning, at most 1.
    public mutating func check(
        judge: Judge? = nil, similarity: (@Sendable (String, String) async throws -> Double)? = nil
    ) async throws {
        let cases = Dictionary(suite.cases.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        let helpers = PromptCheck.Helpers(judge: judge, similarity: similarity)
        outcomes = try await inParallel(outcomes, width: judge == nil ? 1 : 8, progress: { _, _ in }) { outcome in
            guard outcome.error == nil, let item = cases[outcome.caseID] else { return outcome }
            var checked = outcome
            let question = item.messages.map(\.text).joined(separator: "\n\n")
            for check in item.checks {
                let reason = try await check.failure(
                    of: outcome.answer, to: question, seconds: outcome.seconds, helpers)
                if let reason { checked.failures.append(Outcome.Failure(check: check.text, reason: reason)) }
            }
            return checked
        }
    }

    /// How many cases pass.
    public var passed: Int { outcomes.count(where: \.passes) }
}
