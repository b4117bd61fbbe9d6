public import Agents
import Essentials
public import Evaluation
public import JSONValues

/// Programs that models wrote, run with their tests in a sandbox.
public struct ProgramRun: Sendable {
    /// How a program ended.
    public enum Outcome: String, Sendable, Hashable {
        case passed, failed
        /// It took longer than it may, which a slow machine can cause too.
        case timedOut = "timed_out"
    }

    /// One program.
    public struct Sample: Sendable, Hashable {
        /// The problem's name.
        public var problem: String
        /// The whole program.
        public var program: String
        /// How it ended; nil before it is run.
        public var outcome: Outcome?
        /// The last line of what it wrote.
        public var message = ""

        /// Keeps a program.
        public init(problem: String, program: String) { (self.problem, self.program) = (problem, program) }
    }

    /// The problems.
    public let problems: [ProgramProblem]
    /// The programs, with their outcomes once they were run.
    public private(set) var samples: [Sample]

    /// Takes programs.
    public init(_ problems: [ProgramProblem], samples: [Sample]) { (self.problems, self.samples) = (problems, samples) }

    /// Reads programs from JSON lines: `task_id` with `completion`, which goes on from the problem's prompt, or `solution`, a whole program.
    ///
    /// - Throws: `EvaluationError` naming file and line.
    public init(_ problems: [ProgramProblem], path: String) throws(EvaluationError) {
        let known = Dictionary(problems.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        var samples: [Sample] = []
        for (place, value) in try TaskDocuments.located(path) {
            let id = value["task_id"].flatMap { $0.stringValue ?? $0.intValue.map { "MBPP/\($0)" } } ?? ""
            guard let problem = known[id] else {
                throw EvaluationError(.data, at: place, "has the task_id \(id), which no problem has")
            }
            if let program = value["solution"]?.stringValue {
                samples.append(Sample(problem: id, program: program))
            } else if let text = value["completion"]?.stringValue {
                samples.append(Sample(problem: id, program: problem.program(continuing: text)))
            } else {
                throw EvaluationError(.data, at: place, "has neither completion nor solution")
            }
        }
        self.init(problems, samples: samples)
    }

    /// Has a model write programs.
    ///
    /// - Parameter isChat: whether problems are put as questions; otherwise the model goes on from their beginnings.
    public static func written(
        for problems: [ProgramProblem], by model: any Scorer, isChat: Bool, count: Int, settings: GenerationSettings,
        progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) async throws -> ProgramRun {
        let wanted = problems.flatMap { Array(repeating: $0, count: count) }
        let samples = try await inParallel(wanted, width: model.concurrency, progress: progress) { problem in
            var settings = settings
            settings.stops = isChat ? [] : problem.stops
            let text = try await model.generate(
                after: isChat ? problem.request : problem.continuation, options: settings)
            return Sample(
                problem: problem.id,
                program: isChat ? problem.program(answer: text) : problem.program(continuing: text))
        }
        return ProgramRun(problems, samples: samples)
    }

    /// Runs every program with its tests.
    ///
    /// - Parameter width: how many are run at once.
    public mutating func run(
        in sandbox: Sandbox, width: Int = 1,
        progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) async throws {
        let known = Dictionary(problems.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        samples = try await inParallel(samples, width: width, progress: progress) { sample in
            guard let problem = known[sample.problem] else { return sample }
            var sample = sample
            let mark = UUID().uuidString
            do {
                let result = try await sandbox.python(problem.tested(sample.program, mark: mark))
                let lines = result.output.split(whereSeparator: \.isNewline)
                let isWhole = result.status == 0 && lines.last.map(String.init) == mark
                sample.outcome = isWhole ? .passed : Self.isTimeLimit(result.status) ? .timedOut : .failed
                if !isWhole { sample.message = lines.last.map { String($0.prefix(300)) } ?? "status \(result.status)" }
            } catch let error as ToolError {
                // The sandbox itself was tried out when it was made: this is the program's doing.
                let isSlow =
                    if case .failed(_, let reason) = error { reason.contains("takes more than") } else { false }
                (sample.outcome, sample.message) = (isSlow ? .timedOut : .failed, "\(error)")
            }
            return sample
        }
    }

    /// The system ends programs that use more processor time than they may by one of two signals.
    private static func isTimeLimit(_ status: Int) -> Bool { [128 + 24, 128 + 9].contains(status) }

    // MARK: Results

    /// The unbiased share of problems that one of `k` programs solves.
    ///
    /// - Throws: `EvaluationError` if a problem has fewer than `k` programs.
    public func passAtK(_ k: Int) throws(EvaluationError) -> Double {
        try PassAtK.mean(counts.map { ($0.samples, $0.correct) }, k: k)
    }

    private var counts: [(problem: String, samples: Int, correct: Int)] {
        problems.map { problem in
            let own = samples.filter { $0.problem == problem.id }
            return (problem.id, own.count, own.count { $0.outcome == .passed })
        }
    }

    /// One object: `pass@k`, counts of outcomes, and each problem's programs and correct ones.
    public func json(_ ks: [Int]) throws(EvaluationError) -> JSON {
        var members = JSON.Object()
        for k in ks { members["pass@\(k)"] = .number(try passAtK(k)) }
        for outcome in [Outcome.passed, .failed, .timedOut] {
            members[outcome.rawValue] = .integer(samples.count { $0.outcome == outcome })
        }
        let entries = counts.map { (problem, samples, correct) -> JSON in
            ["task_id": .string(problem), "samples": .integer(samples), "correct": .integer(correct)]
        }
        members["problems"] = .array(entries)
        return .object(members)
    }

    /// The programs with their outcomes, an object each, in the form that is read.
    public var lines: [JSON] {
        samples.map { sample in
            var members: JSON.Object = ["task_id": .string(sample.problem), "solution": .string(sample.program)]
            if let outcome = sample.outcome { members["outcome"] = .string(outcome.rawValue) }
            if !sample.message.isEmpty { members["message"] = .string(sample.message) }
            return .object(members)
        }
    }
}
