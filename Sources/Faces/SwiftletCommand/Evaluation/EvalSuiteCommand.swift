import ArgumentParser
import ChatEvaluation
import Essentials
import Evaluation
import Files
import JSONValues

/// `swiftlet eval suite`.
struct EvalSuiteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "suite",
        abstract: "Test prompts: what models answer, and whether it is as expected.",
        discussion: """
            FILE is YAML with prompts (templates in Jinja), variables, tests and what is expected of answers (assert: contains, \
            not-contains, regex, not-regex, equals, json-schema, similar, latency, judge); docs/evaluation.md has it all.

              swiftlet eval suite greetings.yaml --model smollm2 --junit results.xml
              swiftlet eval suite greetings.yaml --model smollm2 --against last.json --output now/

            The status is 1 if a case fails. With --against, the JSON of an earlier run, it is 1 only if a case fails that passed \
            then or was not there.
            """)

    @Argument(help: "The suite's file.") var file: String
    @Option(help: "A model, in place of those that the file names; may be repeated.") var model: [String] = []
    @Option(help: "The model that judges, in place of the file's.") var judge: String?
    @Option(help: "The encoder for checks of similarity; otherwise the store's default.") var encoder: String?
    @Option(help: ArgumentHelp("An earlier run's JSON to compare with.", valueName: "file")) var against: String?
    @Option(
        help: ArgumentHelp("A folder for results.json, results.md, report.html and junit.xml.", valueName: "folder"))
    var output: String?
    @Option(help: ArgumentHelp("A file for results in JUnit's form.", valueName: "file")) var junit: String?
    @Flag(help: "Write one JSON object.") var json = false
    @OptionGroup(title: "Asking") var asking: AskingOptions

    func validate() throws {
        if asking.api == .completions { throw ValidationError("prompts of suites are asked in chats") }
    }

    func run() async throws {
        let suite = try PromptSuite(path: file)
        let models = model.isEmpty ? suite.models : model
        guard !models.isEmpty else { throw CommandError("\(file) names no models: give --model") }
        let judgeName = judge ?? suite.judge
        if suite.needsJudge, judgeName == nil {
            throw CommandError("\(file) has checks by a judge: name one by --judge, or judge in the file")
        }
        let earlier = try against.map(Self.earlier)
        let similarity = suite.needsEncoder ? try self.similarity() : nil
        var run = SuiteRun(suite)
        for name in models {
            let (chat, concurrency) = try asking.chatModel(name)
            try await run.ask(SuiteRun.Contestant(name, chat, concurrency: concurrency)) { done, total in
                Console.note("\(name): \(done) of \(total) cases")
            }
        }
        let judgeModel = suite.needsJudge ? try judgeName.map { try asking.chatModel($0).model } : nil
        try await run.check(judge: judgeModel.map { Judge($0) }, similarity: similarity)
        let difference = try earlier.map { try SuiteDifference($0, run, source: against ?? "") }
        try write(run, difference)
        guard difference?.isWorse ?? (run.passed < run.outcomes.count) else { return }
        throw ExitCode(1)
    }

    private static func earlier(_ path: String) throws -> JSON {
        guard let data = FileManager.default.contents(atPath: path) else { throw CommandError("cannot read \(path)") }
        return try JSON(parsing: Array(data), source: path)
    }

    private func similarity() throws -> @Sendable (String, String) async throws -> Double {
        let encoder = try DocumentModels.encoder(
            try encoder ?? DocumentModels.defaultEncoder(), threads: asking.modelOptions.threads)
        return { first, second in
            let vectors = try await encoder.encode(passages: [first, second])
            return VectorSimilarity.cosine(vectors[0], vectors[1])
        }
    }

    private func write(_ run: SuiteRun, _ difference: SuiteDifference?) throws {
        var object = run.json.objectValue ?? [:]
        if let difference { object["changes"] = difference.json }
        let changes = difference.map { "\n" + $0.markdown } ?? ""
        if let output {
            try FileSystem.createFolder(output)
            try EvaluationOutput.write(
                [
                    ("results.json", JSON.object(object).text(.pretty) + "\n"), ("results.md", run.markdown + changes),
                    ("report.html", run.html), ("junit.xml", run.junit),
                ], to: output)
        }
        if let junit { try AtomicFile.write(Array(run.junit.utf8), to: junit) }
        try Console.write(json ? JSON.object(object).text() + "\n" : run.markdown + changes)
    }
}
