import ArgumentParser
import Inference

/// `swiftlet translate`.
struct TranslateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "translate",
        abstract: "Translate a text with a model that was made for it.",
        discussion: """
            MODEL has an encoder that reads the text: NLLB, M2M-100, mBART, OPUS-MT (Marian), T5 and the like. The answer is \
            streamed to standard output. Without TEXT, or with -, standard input is translated line by line. Models for one \
            pair of languages need neither --from nor --to.

              swiftlet translate nllb "The house is wonderful." --from en --to de
              swiftlet translate opus-mt-en-de < letter.txt
            """)

    @Argument(help: "A model of the store, or a Hugging Face folder.") var model: String
    @Argument(help: "The text.") var text: String?
    @Option(help: ArgumentHelp("The language of the text, such as en or eng_Latn.", valueName: "code")) var from:
        String?
    @Option(help: ArgumentHelp("The language to translate to.", valueName: "code")) var to: String?
    @Option(name: .shortAndLong, help: "The most tokens of each translation; otherwise what the model may say.")
    var maxTokens: Int?
    @Option(
        help:
            "Translations that are kept side by side, of which the likeliest as a whole is written; 1 writes as it goes."
    )
    var beams = 1
    @OptionGroup(title: "Sampling") var samplingOptions: SamplingOptions
    @OptionGroup(title: "Model") var modelOptions: ModelOptions

    func validate() throws {
        if let maxTokens, maxTokens < 1 {
            throw ValidationError("--max-tokens wants a number from 1, not \(maxTokens)")
        }
        guard (1...64).contains(beams) else {
            throw ValidationError("--beams wants a number from 1 to 64, not \(beams)")
        }
    }

    func run() async throws {
        let path = try ModelOptions.path(of: model)
        let lines = try lines()
        let engine = try loadEngine(path, id: nil, options: modelOptions).engine
        for line in lines {
            let isBlank = line.allSatisfy(\.isWhitespace)
            if !isBlank { try await translate(line, with: engine) }
            try Console.write("\n")
        }
    }

    private func translate(_ line: String, with engine: Engine) async throws {
        var request = try engine.model.translation(of: line, from: from, to: to)
        if beams > 1 {
            var parameters = BeamSearchParameters(beams: beams)
            if let maxTokens { parameters.maximumTokens = maxTokens }
            let best = try await engine.beamSearch(request, parameters).first
            return try Console.write(best?.text ?? "")
        }
        try samplingOptions.apply(to: &request.sampling)
        request.maximumTokens = maxTokens
        var answer = GeneratedAnswer()
        for try await event in engine.generate(request) { try Console.write(answer.take(event)) }
    }

    /// What to translate, each by itself: a text as it is, or the lines that were piped in.
    private func lines() throws -> [String] {
        if let text, text != "-" { return [text] }
        guard let input = String(validating: try Console.standardInput(), as: UTF8.self) else {
            throw CommandError("standard input is not UTF-8 text")
        }
        var lines = input.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines
    }
}
