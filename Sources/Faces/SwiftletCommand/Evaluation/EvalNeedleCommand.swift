import Agents
import ArgumentParser
import ChatEvaluation
import Essentials
import Evaluation
import Files
import JSONValues

/// `swiftlet eval needle`.
struct EvalNeedleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "needle",
        abstract: "Hide something in long texts and see whether a model finds it.",
        discussion: """
            The grid of --lengths (tokens of the model) and --depths (percent of the text) is asked one place after the other. \
            passkey hides a number, needle a sentence, several some numbers of which the share that is found counts. The text is \
            --haystack, a file or a folder of .txt and .md files, or sentences that say nothing.

              swiftlet eval needle --model smollm2 --lengths 500,1000,2000 --output grid/
              swiftlet eval needle --model smollm2 --kind needle --haystack essays/ --needle "The best soup is in Graz." \
            --question "Where is the best soup?" --expect Graz
            """)

    enum Kind: String, ExpressibleByArgument, CaseIterable { case passkey, needle, several }

    @Option(help: "A model of this machine, openai:NAME, anthropic:NAME, gemini:NAME, or http://host/v1#NAME.")
    var model: String
    @Option(help: "What is hidden.") var kind = Kind.passkey
    @Option(help: ArgumentHelp("Lengths in tokens, with commas between.", valueName: "list")) var lengths =
        "500,1000,2000"
    @Option(help: ArgumentHelp("Depths in percent, with commas between.", valueName: "list")) var depths =
        "0,25,50,75,100"
    @Option(help: "Tries at each place.") var tries = 1
    @Option(help: "How many numbers several hides.") var needles = 3
    @Option(help: "The sentence to hide.") var needle: String?
    @Option(help: "What is asked about it.") var question: String?
    @Option(help: "What the answer must contain.") var expect: String?
    @Option(help: ArgumentHelp("The text to hide it in: a file or folder.", valueName: "path")) var haystack: String?
    @Option(help: "The seed of numbers and of where texts begin.") var seed = 0
    @Option(help: "The most tokens of an answer.") var maxTokens = 64
    @Option(help: ArgumentHelp("A folder for results.json, results.md and report.html.", valueName: "folder"))
    var output: String?
    @Flag(help: "Write one JSON object.") var json = false
    @OptionGroup(title: "Asking") var asking: AskingOptions

    func validate() throws {
        if tries < 1 { throw ValidationError("--tries wants a number from 1, not \(tries)") }
        let own = [needle, question, expect].compactMap { $0 }
        if !own.isEmpty, own.count < 3 || kind != .needle {
            throw ValidationError("--needle, --question and --expect go together, with --kind needle")
        }
        if asking.api == .completions { throw ValidationError("needles are asked for in chats") }
    }

    func run() async throws {
        func numbers(_ list: String, _ option: String) throws -> [Double] {
            try list.split(separator: ",").map { part in
                guard let number = Double(part.filter { $0 != " " }) else {
                    throw CommandError("\(option) wants numbers with commas between, not \(list)")
                }
                return number
            }
        }
        var kind: NeedleTest.Kind =
            switch self.kind {
            case .passkey: .passkey
            case .needle: .usual
            case .several: .several(needles)
            }
        if let needle, let question, let expect {
            kind = .needle(sentence: needle, question: question, expected: expect)
        }
        let lengths = try numbers(lengths, "--lengths").map { Int(exactly: $0) ?? 0 }
        var test = try NeedleTest(
            kind, lengths: lengths, depths: try numbers(depths, "--depths"), haystack: try haystack.map(Self.text))
        (test.attempts, test.seed) = (tries, seed)
        let (chat, concurrency) = try asking.chatModel(model)
        // Long texts of one model side by side would not be faster, and take memory.
        let width = chat is LocalChatModel ? 1 : concurrency
        let report = try await test.run(on: chat, concurrency: width, maximumTokens: maxTokens) { done, total in
            Console.note("\(done) of \(total) places")
        }
        if let output {
            try FileSystem.createFolder(output)
            try EvaluationOutput.write(
                [
                    ("results.json", report.json.text(.pretty) + "\n"), ("results.md", report.markdown),
                    ("report.html", report.html),
                ], to: output)
        }
        try Console.write(json ? report.json.text() + "\n" : report.markdown)
        if report.score == nil { throw ExitCode(1) }
    }

    /// The text of a file, or of all texts of a folder in the order of their names.
    private static func text(_ path: String) throws -> String {
        func read(_ path: String) throws -> String {
            guard let data = FileManager.default.contents(atPath: path),
                let text = String(validating: data, as: UTF8.self)
            else { throw CommandError("\(path) cannot be read as UTF-8 text") }
            return text
        }
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: path) else { return try read(path) }
        let texts = names.sorted().filter { $0.hasSuffix(".txt") || $0.hasSuffix(".md") }
        guard !texts.isEmpty else { throw CommandError("\(path) has no .txt and .md files") }
        return try texts.map { try read("\(path)/\($0)") }.joined(separator: "\n")
    }
}
