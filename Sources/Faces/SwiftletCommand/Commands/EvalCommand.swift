import ArgumentParser
import EngineScoring
import Essentials
import Evaluation
import Files
import JSONValues
import Synchronization

/// `swiftlet eval`.
struct EvalCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "eval",
        abstract: "Evaluate a model on tasks of lm-evaluation-harness.",
        discussion: """
            TASK is a YAML file of the harness, or a folder of them; data are local files. Results have the harness's names and \
            numbers.

              swiftlet eval tasks/arc_easy.yaml --model smollm2 --limit 100
              swiftlet eval tasks/ --model smollm2 --output results/ --json

            With --output the folder gets results.json, results.md, report.html and answers.jsonl; a run that ended midway goes on \
            from the answers there.
            """)

    @Argument(help: ArgumentHelp("Task files, or folders of them.", valueName: "task")) var tasks: [String]
    @Option(help: "A model of the store, a GGUF file, or a Hugging Face folder.") var model: String
    @Option(help: "Ask only the first questions of each task.") var limit: Int?
    @Option(help: "Examples before each question, in place of what the tasks say.") var numFewshot: Int?
    @Option(help: "The seed by which examples are drawn.") var seed = 1234
    @Option(help: ArgumentHelp("A folder for results and answers.", valueName: "folder")) var output: String?
    @Flag(help: "Keep what each question gave.") var samples = false
    @Flag(help: "Write one JSON object.") var json = false
    @OptionGroup(title: "Model") var modelOptions: ModelOptions

    func validate() throws {
        if tasks.isEmpty { throw ValidationError("name at least one task") }
        if let limit, limit < 1 { throw ValidationError("--limit wants a number from 1, not \(limit)") }
        if let numFewshot, numFewshot < 0 {
            throw ValidationError("--num-fewshot wants a number from 0, not \(numFewshot)")
        }
    }

    func run() async throws {
        // What is wrong with a task shows before a model is loaded.
        let evaluator = try TaskEvaluator(paths: tasks)
        var options = TaskEvaluator.Options()
        (options.limit, options.shots, options.seed, options.keepsSamples) = (limit, numFewshot, seed, samples)
        if let output {
            try FileSystem.createFolder(output)
            options.answersFile = output + "/answers.jsonl"
        }
        let model = try loadEngine(
            ModelOptions.path(of: model), id: nil, options: modelOptions, reusesPrefixes: false)
        let shown = Mutex(-1)
        let report = try await evaluator.run(on: EngineScorer(model.engine), options: options) { done, total in
            let share = total > 0 ? done * 100 / total : 100
            let isNew = shown.withLock { last in
                defer { last = max(last, share) }
                return share > last
            }
            if isNew { Console.note("\(done) of \(total) questions") }
        }
        if let output {
            for (name, text) in [
                ("results.json", report.json.text(.pretty) + "\n"), ("results.md", report.markdown),
                ("report.html", report.html),
            ] {
                try AtomicFile.write(Array(text.utf8), to: "\(output)/\(name)")
            }
        }
        try Console.write(json ? report.json.text() + "\n" : report.markdown)
    }
}
