import ArgumentParser
import Essentials
import Evaluation
import Files
import JSONValues
import Synchronization

/// `swiftlet eval tasks`.
struct EvalTasksCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tasks",
        abstract: "Evaluate a model on tasks of lm-evaluation-harness.",
        discussion: """
            TASK is a YAML file of the harness, or a folder of them; data are local files. Results have the harness's names and \
            numbers.

              swiftlet eval tasks/arc_easy.yaml --model smollm2 --limit 100
              swiftlet eval tasks/ --model smollm2 --output results/ --json

            With --output the folder gets results.json, results.md, report.html and answers.jsonl; a run that ended midway goes on \
            from the answers there. A server that stops answering ends the questions: the results are then of those that were \
            answered, say so, and the status is 1.

            --against compares question by question with another model, which is asked too, or with an earlier run's folder or \
            results.json. With --output that is kept in comparison.json, comparison.md and comparison.html.
            """)

    @Argument(help: ArgumentHelp("Task files, or folders of them.", valueName: "task")) var tasks: [String]
    @Option(
        help: ArgumentHelp(
            "A model of the store, a GGUF file, a Hugging Face folder, openai:NAME, anthropic:NAME, gemini:NAME, or "
                + "http://host/v1#NAME."))
    var model: String
    @Option(help: "Another model, or an earlier run, to compare with.") var against: String?
    @Option(help: "Ask only the first questions of each task.") var limit: Int?
    @Option(help: "Examples before each question, in place of what the tasks say.") var numFewshot: Int?
    @Option(help: "The seed by which examples are drawn.") var seed = 1234
    @Option(help: ArgumentHelp("A folder for results and answers.", valueName: "folder")) var output: String?
    @Flag(help: "Keep what each question gave, with its whole text.") var samples = false
    @Flag(help: "Write one JSON object.") var json = false
    @OptionGroup(title: "Asking") var asking: AskingOptions

    func validate() throws {
        if tasks.isEmpty { throw ValidationError("name at least one task") }
        if let limit, limit < 1 { throw ValidationError("--limit wants a number from 1, not \(limit)") }
        if let numFewshot, numFewshot < 0 {
            throw ValidationError("--num-fewshot wants a number from 0, not \(numFewshot)")
        }
        if against == model { throw ValidationError("--against names the model itself") }
    }

    func run() async throws {
        // What is wrong with a task or an earlier run shows before a model is loaded.
        let evaluator = try TaskEvaluator(paths: tasks)
        let earlier = try against.flatMap(EvaluationOutput.earlierRun)
        var options = TaskEvaluator.Options()
        (options.limit, options.shots, options.seed) = (limit, numFewshot, seed)
        (options.keepsArguments, options.keepsSamples) = (samples, samples || output != nil || against != nil)
        if let output {
            try FileSystem.createFolder(output)
            options.answersFile = output + "/answers.jsonl"
        }
        let report = try await evaluate(model, evaluator, options)
        try output.map { try EvaluationOutput.write(report, to: $0) }
        guard let against else {
            try Console.write(json ? shown(report).text() + "\n" : report.markdown)
            return try end(report)
        }
        var other = earlier
        if other == nil {
            let report = try await evaluate(against, evaluator, options)
            try output.map { try EvaluationOutput.write(report, to: $0 + "/against") }
            other = report.json
            if let failure = report.failure { Console.note("\(against): \(failure)") }
        }
        let comparison = try RunComparison(other ?? .null, report.json, names: [against, model])
        try output.map { try EvaluationOutput.write(comparison, to: $0) }
        let object: JSON = ["comparison": comparison.json, "first": other ?? .null, "second": shown(report)]
        try Console.write(json ? object.text() + "\n" : report.markdown + "\n" + comparison.markdown)
        try end(report)
    }

    /// The report; samples that were only kept for files are not written out.
    private func shown(_ report: EvaluationReport) -> JSON {
        guard !samples, var members = report.json.objectValue else { return report.json }
        members["samples"] = nil
        return .object(members)
    }

    private func end(_ report: EvaluationReport) throws {
        guard let failure = report.failure else { return }
        Console.error(failure + (output == nil ? "" : "; the answers are kept, and the same command goes on from them"))
        throw ExitCode(1)
    }

    private func evaluate(
        _ model: String, _ evaluator: TaskEvaluator, _ options: TaskEvaluator.Options
    ) async throws -> EvaluationReport {
        let shown = Mutex(-1)
        return try await evaluator.run(on: try asking.scorer(model), options: options) { done, total in
            let share = total > 0 ? done * 100 / total : 100
            let isNew = shown.withLock { last in
                defer { last = max(last, share) }
                return share > last
            }
            if isNew { Console.note("\(done) of \(total) questions") }
        }
    }
}

/// `swiftlet eval compare`.
struct EvalCompareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Compare two runs of the same tasks question by question.",
        discussion: """
            A run is the folder that swiftlet eval --output filled, or its results.json with samples. Differences are the second \
            run's value minus the first's, with a 95% interval over samples of the questions, and where answers are right or wrong \
            the p-value of McNemar's exact test.

              swiftlet eval compare results-before/ results-after/ --output changes/
            """)

    @Argument(help: "The first run.") var first: String
    @Argument(help: "The second run.") var second: String
    @Option(help: ArgumentHelp("A folder for comparison.json, .md and .html.", valueName: "folder"))
    var output: String?
    @Flag(help: "Write one JSON object.") var json = false

    func run() throws {
        let runs = try [first, second].map { path in
            guard let run = try EvaluationOutput.earlierRun(path) else {
                throw CommandError("\(path) is no run: give a folder with results.json, or such a file")
            }
            return run
        }
        let comparison = try RunComparison(runs[0], runs[1], names: [first, second])
        if let output {
            try FileSystem.createFolder(output)
            try EvaluationOutput.write(comparison, to: output)
        }
        try Console.write(json ? comparison.json.text() + "\n" : comparison.markdown)
    }
}
