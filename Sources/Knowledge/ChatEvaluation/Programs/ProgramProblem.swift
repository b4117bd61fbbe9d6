public import Evaluation
import JSONValues

/// A programming problem with its tests: HumanEval's or MBPP's format.
public struct ProgramProblem: Sendable, Hashable {
    /// Whose format it is in.
    enum Form: Sendable, Hashable {
        /// The program goes on from `prompt`; `test` defines `check`, which is called with `entryPoint`.
        case humanEval(entryPoint: String, test: String)
        /// The program is described; each line of `tests` is an assertion.
        case mbpp(setup: String, tests: [String])
    }

    /// The problem's name.
    public let id: String
    /// The beginning of the program, or its description.
    public let prompt: String
    /// The file and line.
    public let place: String
    let form: Form
    /// A program that is right, where the file has one.
    public let solution: String?

    /// Reads problems from JSON lines or a JSON list.
    ///
    /// - Throws: `EvaluationError` naming file and line.
    public static func read(_ path: String) throws(EvaluationError) -> [ProgramProblem] {
        var (problems, seen) = ([ProgramProblem](), Set<String>())
        for (place, value) in try TaskDocuments.located(path) {
            let problem = try ProgramProblem(value, at: place)
            guard seen.insert(problem.id).inserted else {
                throw EvaluationError(.data, at: place, "has the task_id \(problem.id) a second time")
            }
            problems.append(problem)
        }
        guard !problems.isEmpty else { throw EvaluationError(.empty, at: path, "has no problems") }
        return problems
    }

    private init(_ value: JSON, at place: String) throws(EvaluationError) {
        self.place = place
        guard let name = value["task_id"].flatMap({ $0.stringValue ?? $0.intValue.map { "MBPP/\($0)" } }) else {
            throw EvaluationError(.data, at: place, "has no task_id")
        }
        id = name
        func text(_ key: String) -> String? { value[key]?.stringValue }
        if let prompt = text("prompt"), let entry = text("entry_point"), let test = text("test") {
            self.prompt = prompt
            solution = text("canonical_solution").map { prompt + $0 }
            form = .humanEval(entryPoint: entry, test: test)
            return
        }
        guard let description = text("text") ?? text("prompt"), let list = value["test_list"]?.arrayValue,
            !list.isEmpty, list.allSatisfy({ $0.stringValue != nil })
        else {
            throw EvaluationError(
                .data, at: place, "is neither HumanEval's form nor MBPP's",
                remedy: "give prompt, entry_point and test, or text and test_list")
        }
        let imports = value["test_imports"]?.arrayValue?.compactMap(\.stringValue) ?? []
        let setup = ([text("test_setup_code") ?? ""] + imports).filter { !$0.isEmpty }.joined(separator: "\n")
        (prompt, solution) = (description, text("code"))
        form = .mbpp(setup: setup, tests: list.compactMap(\.stringValue))
    }

    // MARK: Asking

    /// Where a continuation ends, as the formats' makers have it.
    var stops: [String] {
        switch form {
        case .humanEval: ["\nclass ", "\ndef ", "\n#", "\nif ", "\nprint(", "\n```"]
        case .mbpp: ["\n\"\"\"", "\nassert", "\nprint(", "\n```", "\nif __name__"]
        }
    }

    /// The text that a model goes on from.
    var continuation: String {
        switch form {
        case .humanEval: prompt
        case .mbpp(_, let tests): "\"\"\"\n\(prompt)\n\(tests[0])\n\"\"\"\n"
        }
    }

    /// What a model is asked in a conversation.
    var request: String {
        switch form {
        case .humanEval:
            "Complete this Python function. Answer with the whole function in one code block.\n\n```python\n\(prompt)\n```"
        case .mbpp(_, let tests):
            "Write a Python function. \(prompt)\nIt must pass these tests:\n\n```python\n\(tests.joined(separator: "\n"))\n```\n"
                + "Answer with the whole program in one code block."
        }
    }

    /// The whole program of what a model wrote after `continuation`.
    func program(continuing text: String) -> String {
        if case .humanEval = form { return prompt + text }
        return text
    }

    /// The whole program of an answer: its last code block, or all of it; the beginning of the problem goes before what lacks it.
    func program(answer: String) -> String {
        var code = answer
        let parts = answer.split(separator: "```", omittingEmptySubsequences: false)
        // Between fences stand the odd parts; a last one may be open.
        if parts.count > 1, let block = parts.indices.last(where: { $0 % 2 == 1 && !parts[$0].isEmpty }) {
            let lines = parts[block].split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
            code = lines.count == 2 && !lines[0].contains(" ") ? String(lines[1]) : String(parts[block])
        }
        if case .humanEval(let entry, _) = form, !code.contains("def \(entry)(") { return prompt + code }
        return code
    }

    /// The program with its tests. It ends by writing a word that it cannot know, so that one that ends early does not pass.
    func tested(_ program: String, mark: String) -> String {
        let tests: String
        switch form {
        case .humanEval(let entry, let test): tests = "\(program)\n\(test)\ncheck(\(entry))"
        case .mbpp(let setup, let list): tests = "\(setup)\n\(program)\n\(list.joined(separator: "\n"))"
        }
        return "\(tests)\nprint(\"\\n\(mark)\")\n"
    }
}
