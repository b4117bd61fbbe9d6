import ArgumentParser
import Essentials
import Inference
import JSONValues

/// `swiftlet perplexity`.
struct PerplexityCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "perplexity",
        abstract: "Measure how well a model predicts a text.",
        discussion: """
            The text is cut into windows of --window tokens. Each window is read on its own, and the tokens of its \
            second half but the first are scored, so that each has more than half a window before it; where the model \
            begins texts with a token, that one takes the place of the window's first. llama.cpp measures the same way. \
            A rest shorter than a window is left out.

              swiftlet perplexity smollm2 wiki.test.raw --json
            """)

    @Argument(help: "A model of the store, a GGUF file, or a Hugging Face folder.") var model: String
    @Argument(help: "A text file in UTF-8.") var file: String
    @Option(help: "Tokens in a window.") var window = 512
    @Option(help: "Score only the first windows.") var windows: Int?
    @Flag(help: "Write one JSON object.") var json = false
    @OptionGroup(title: "Model") var modelOptions: ModelOptions

    func validate() throws {
        if window < 4 { throw ValidationError("--window wants a number from 4, not \(window)") }
        if let windows, windows < 1 { throw ValidationError("--windows wants a number from 1, not \(windows)") }
    }

    func run() async throws {
        let path = try ModelOptions.path(of: model)
        let text = try TextFile.read(file)
        let model = try loadModel(path, options: modelOptions, reusesPrefixes: false)
        let pieces = try model.windows(of: text, from: file, size: window, limit: windows)
        var measure = Perplexity()
        for (index, piece) in pieces.enumerated() {
            try await measure.add(piece, model: model)
            Console.note("[\(index + 1)/\(pieces.count)] \(Quantities.decimals(measure.value, 4))")
        }
        if json {
            let result: JSON = [
                "perplexity": .number(measure.value), "standard_error": .number(measure.standardError),
                "tokens": .integer(measure.count), "windows": .integer(pieces.count), "window": .integer(window),
            ]
            try Console.write(result.text() + "\n")
        } else {
            let error = Quantities.decimals(measure.standardError, 4)
            try Console.write("perplexity: \(Quantities.decimals(measure.value, 4)) ± \(error)\n")
        }
    }
}

extension TextModel {
    /// A text in windows of so many tokens; see ``TextWindows``.
    func windows(of text: String, from file: String, size: Int, limit: Int?) throws -> [[Int32]] {
        guard size <= contextLength else {
            throw CommandError("--window \(size) is longer than the context of \(contextLength) tokens")
        }
        let tokens = try encode(text, addSpecialTokens: true, parseSpecialTokens: false)
        let begin = try encode("", addSpecialTokens: true, parseSpecialTokens: false).first
        let windows = TextWindows.cut(tokens, begin: begin, size: size, limit: limit)
        guard !windows.isEmpty else {
            throw CommandError("\(file) has \(tokens.count) tokens, fewer than one window of \(size)")
        }
        return windows
    }
}

extension Perplexity {
    /// Scores the second half of a window but its first token, as llama.cpp does.
    mutating func add(_ window: [Int32], model: some TextModel) async throws {
        let request = GenerationRequest(prompt: window, maximumTokens: 0, logProbabilities: 0, scoresPrompt: true)
        for try await event in model.generate(request) {
            guard case .prompt(let scores) = event else { continue }
            for score in scores.dropFirst(window.count / 2 + 1) {
                if let value = score.logProbability { add(logProbability: Double(value)) }
            }
        }
    }
}
