import Agents
import ArgumentParser
import ChatEvaluation
import Essentials
import Evaluation
import Files
import JSONValues

/// `swiftlet eval code`.
struct EvalCodeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "code",
        abstract: "Have a model write programs, run them with their tests, and estimate pass@k.",
        discussion: """
            PROBLEMS is HumanEval's or MBPP's JSON lines. Programs are written by --model or read from --samples (task_id with \
            completion or solution), and run in a sandbox without network and files, with limits of time and memory.

              swiftlet eval code HumanEval.jsonl --model qwen --programs 10 --temperature 0.8 --k 1,10 --output code/
              swiftlet eval code HumanEval.jsonl --samples code/samples.jsonl
            """)

    @Argument(help: "The file of problems.") var problems: String
    @Option(help: "A model of this machine, openai:NAME, anthropic:NAME, gemini:NAME, or http://host/v1#NAME.")
    var model: String?
    @Option(help: ArgumentHelp("Programs to run, in place of a model.", valueName: "file")) var samples: String?
    @Option(help: "Programs for each problem.") var programs = 1
    @Option(help: ArgumentHelp("The k of pass@k, with commas between.", valueName: "list")) var k = "1"
    @Option(help: "The sampling temperature.") var temperature = 0.0
    @Option(help: "The most tokens of a program.") var maxTokens = 512
    @Option(help: "Only the first problems.") var limit: Int?
    @Option(help: "Seconds that a program may take.") var seconds = 10.0
    @Option(help: "Programs run at once.") var jobs = 2
    @Option(help: ArgumentHelp("A folder for results.json and samples.jsonl.", valueName: "folder")) var output: String?
    @Flag(help: "Write one JSON object.") var json = false
    @OptionGroup(title: "Asking") var asking: AskingOptions

    private var ks: [Int] {
        get throws {
            try k.split(separator: ",").map { part in
                guard let k = Int(part), k > 0 else { throw ValidationError("--k wants numbers from 1, not \(part)") }
                return k
            }
        }
    }

    func validate() throws {
        if (model == nil) == (samples == nil) { throw ValidationError("name --model or --samples, one of them") }
        if programs < 1 { throw ValidationError("--programs wants a number from 1, not \(programs)") }
        if jobs < 1 { throw ValidationError("--jobs wants a number from 1, not \(jobs)") }
        if seconds <= 0 { throw ValidationError("--seconds wants a number above 0, not \(seconds)") }
        if model != nil, let largest = try ks.max(), largest > programs {
            throw ValidationError(
                "pass@\(largest) wants at least \(largest) programs of each problem: --programs \(largest)")
        }
    }

    func run() async throws {
        let problems = Array(try ProgramProblem.read(problems).prefix(limit ?? .max))
        var sandbox = try await Sandbox()
        sandbox.maximumSeconds = seconds
        var run: ProgramRun
        if let model {
            run = try await write(problems, model)
        } else {
            run = try ProgramRun(problems, path: samples ?? "")
        }
        // More k than programs is said before anything is run.
        _ = try run.json(try ks)
        try await run.run(in: sandbox, width: jobs) { done, total in Console.note("\(done) of \(total) programs run") }
        let result = try run.json(try ks)
        if let output {
            try FileSystem.createFolder(output)
            try EvaluationOutput.write(
                [
                    ("results.json", result.text(.pretty) + "\n"),
                    ("samples.jsonl", run.lines.map { $0.text() + "\n" }.joined()),
                ], to: output)
        }
        if json { return try Console.write(result.text() + "\n") }
        for k in try ks {
            try Console.write("pass@\(k) = \(Quantities.decimals(try run.passAtK(k), 4))\n")
        }
        let counts = ["passed", "failed", "timed_out"].map {
            "\(result[$0]?.intValue ?? 0) \($0.replacing("_", with: " "))"
        }
        try Console.write("\(run.samples.count) programs: \(counts.joined(separator: ", "))\n")
    }

    private func write(_ problems: [ProgramProblem], _ name: String) async throws -> ProgramRun {
        let scorer = try asking.scorer(name)
        var settings = GenerationSettings(maximumTokens: maxTokens, temperature: temperature)
        if temperature > 0 { settings.topP = 0.95 }
        return try await ProgramRun.written(
            for: problems, by: scorer, isChat: scorer is ChatScorer, count: programs, settings: settings
        ) { done, total in Console.note("\(done) of \(total) programs written") }
    }
}
