import ArgumentParser
import ChatEvaluation
import Evaluation
import Files
import JSONValues

/// `swiftlet judge`.
struct JudgeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "judge",
        abstract: "Have a model judge answers, one by one or side by side with others.",
        discussion: """
            ANSWERS has question and answer a line (JSON lines, a JSON list, or CSV), and where there are such reference, label \
            (a score, or win, loss or tie) and model; AlpacaEval's instruction, output and generator mean the same. Without \
            --against each answer gets a score from 1 to 10; with it both files have the same questions, each pair is shown in \
            both orders, and a win counts if it holds in both.

              swiftlet judge answers.jsonl --model qwen
              swiftlet judge tuned.jsonl --against base.jsonl --model openai:gpt-4.1 --output verdicts/

            Local judges cannot but give a verdict that can be read. With --output the folder gets results.json, results.md and \
            verdicts.jsonl, and votes.jsonl of pairs for swiftlet arena.
            """)

    @Argument(help: "The file of answers.") var answers: String
    @Option(
        help: "The judge: a model of this machine, openai:NAME, anthropic:NAME, gemini:NAME, or http://host/v1#NAME.")
    var model: String
    @Option(help: "A file of answers to the same questions, to measure against.") var against: String?
    @Option(help: "What answers are judged by, in a sentence.") var rubric: String?
    @Flag(help: "Give verdicts without explaining them first.") var brief = false
    @Option(help: "The most tokens of a verdict.") var maxTokens = 768
    @Option(help: "Judge only the first answers.") var limit: Int?
    @Option(help: ArgumentHelp("A folder for results and verdicts.", valueName: "folder")) var output: String?
    @Flag(help: "Write one JSON object.") var json = false
    @OptionGroup(title: "Asking") var asking: AskingOptions

    func validate() throws {
        if maxTokens < 1 { throw ValidationError("--max-tokens wants a number from 1, not \(maxTokens)") }
        if let limit, limit < 1 { throw ValidationError("--limit wants a number from 1, not \(limit)") }
    }

    func run() async throws {
        let items = Array(try JudgeRun.items(answers, against: against).prefix(limit ?? .max))
        let (chat, concurrency) = try asking.chatModel(model)
        var judge = Judge(chat, rubric: rubric, explains: !brief)
        judge.maximumTokens = maxTokens
        let run = try await JudgeRun(items, judge: judge, concurrency: concurrency) { done, total in
            Console.note("\(done) of \(total) verdicts")
        }
        if let output {
            try FileSystem.createFolder(output)
            func lines(_ values: [JSON]) -> String { values.map { $0.text() + "\n" }.joined() }
            var files = [
                ("results.json", run.json.text(.pretty) + "\n"), ("results.md", run.markdown),
                ("verdicts.jsonl", lines(run.lines)),
            ]
            if let against { files.append(("votes.jsonl", lines(run.votes(names: (answers, against))))) }
            try EvaluationOutput.write(files, to: output)
        }
        try Console.write(json ? run.json.text() + "\n" : run.markdown)
    }
}
