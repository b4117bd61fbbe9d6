import ArgumentParser
import Constraints
import Decoding
import Inference
import JSONValues
import Platform
import Serving

/// `swiftlet run`.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Answer one prompt.",
        discussion: """
            The answer is streamed to standard output, and nothing else is. Without PROMPT, or with -, the prompt is \
            read from standard input; with PROMPT, text that is piped or redirected in comes before it, with an empty \
            line between.

              swiftlet run smollm2 "Name three colors." --temperature 0
              git diff | swiftlet run smollm2 --system "Write a commit message."
              swiftlet run smollm2 "Which of these is a fruit?" < words.txt
            """)

    @Argument(help: "A model of the store, a GGUF file, or a Hugging Face folder.") var model: String
    @Argument(help: "The prompt.") var prompt: String?
    @Flag(help: "Continue the prompt as plain text, without chat template.") var raw = false
    @Option(help: "The system prompt.") var system: String?
    @Option(name: .shortAndLong, help: "The most tokens to generate.") var maxTokens: Int?
    @Option(help: "A text that ends the answer; may be repeated.") var stop: [String] = []
    @Flag(help: "Go on after the model's end of an answer.") var ignoreEos = false
    @Flag(help: "Write one JSON object instead of the text.") var json = false
    @OptionGroup(title: "Form of the answer") var formOptions: FormOptions
    @OptionGroup(title: "Sampling") var samplingOptions: SamplingOptions
    @OptionGroup(title: "Steering and search") var steeringOptions: SteeringOptions
    @OptionGroup(title: "Guessing ahead") var draftOptions: DraftOptions
    @OptionGroup(title: "Model") var modelOptions: ModelOptions

    func validate() throws {
        if let maxTokens, maxTokens < 0 {
            throw ValidationError("--max-tokens wants a number from 0, not \(maxTokens)")
        }
        if raw, system != nil { throw ValidationError("--system has no place in a --raw prompt") }
        if stop.contains("") { throw ValidationError("--stop wants a text that is not empty") }
    }

    func run() async throws {
        let path = try ModelOptions.path(of: model)
        let text = try Self.text(prompt)
        let engine = try loadEngine(path, id: nil, options: modelOptions, drafting: draftOptions)
        let model: any TextModel = engine
        var sampling = model.defaultSampling
        try samplingOptions.apply(to: &sampling)
        let tokens: [Int32]
        if raw {
            if !model.hasTokenizer, !text.split(separator: " ").allSatisfy({ model.isToken($0) }) {
                throw CommandError(
                    "\(model.name) has no tokenizer: write token ids from 0 to \(model.vocabularySize - 1), such as "
                        + "\"1 2 3\"")
            }
            tokens = try model.encode(text, addSpecialTokens: true, parseSpecialTokens: true)
        } else {
            tokens = try model.prompt(for: Self.messages(system: system, prompt: text))
        }
        try model.checkFits(tokens)
        var request = GenerationRequest(
            prompt: tokens, sampling: sampling, maximumTokens: maxTokens, stopStrings: stop,
            ignoresEndOfGeneration: ignoreEos, constraint: try formOptions.grammar.map { try model.constraint(for: $0) }
        )
        request.closesOnLimit = formOptions.closeOnLimit
        try steeringOptions.apply(to: &request, engine.model)
        if let search = try steeringOptions.search(maximumTokens: maxTokens) {
            return try await run(search, request, engine)
        }
        var answer = GeneratedAnswer()
        for try await event in model.generate(request) {
            let text = answer.take(event)
            if !json { try Console.write(text) }
        }
        if json {
            try Console.write(answer.json.text() + "\n")
        } else if !answer.text.hasSuffix("\n") {
            try Console.write("\n")
        }
        if request.constraint != nil, !request.closesOnLimit, answer.completion?.finishReason == .length {
            Console.note("the answer is cut and incomplete: the limit of tokens is reached; --close-on-limit closes it")
        }
    }

    /// Writes what a search finds: the best, or with --json all.
    private func run(_ search: BeamSearchParameters, _ request: GenerationRequest, _ engine: EngineModel) async throws {
        if request.constraint != nil { throw CommandError("--beams cannot stand beside a form of the answer") }
        let found = try await engine.engine.beamSearch(request, search)
        guard json else { return try Console.write((found.first?.text ?? "") + "\n") }
        let hypotheses = found.map { hypothesis -> JSON in
            [
                "text": .string(hypothesis.text), "token_ids": .array(hypothesis.tokens.map { .integer(Int($0)) }),
                "score": .number(Double(hypothesis.score)), "finish_reason": .string(hypothesis.finishReason.rawValue),
            ]
        }
        try Console.write(JSON.object(["hypotheses": .array(hypotheses)]).text() + "\n")
    }

    private static func messages(system: String?, prompt: String) -> [Conversation.Message] {
        var conversation = Conversation()
        conversation.system = system
        conversation.ask(prompt)
        return conversation.messages
    }

    /// The prompt, behind the text that was piped in.
    private static func text(_ prompt: String?) throws -> String {
        guard let prompt, prompt != "-" else { return try standardInput() }
        let piped = try text(of: Console.pipedInput())
        return piped.isEmpty ? prompt : piped + "\n\n" + prompt
    }

    private static func standardInput() throws -> String {
        if Console.isTerminal(STDIN_FILENO) { Console.note("reading the prompt from the terminal; Ctrl-D ends it") }
        let text = try text(of: Console.standardInput())
        guard !text.isEmpty else { throw CommandError("standard input is empty: pipe a prompt in, or name one") }
        return text
    }

    private static func text(of input: [UInt8]) throws -> String {
        guard var text = String(validating: input, as: UTF8.self) else {
            throw CommandError("standard input is not UTF-8 text")
        }
        // The shell's own line end is no part of what was said.
        if text.hasSuffix("\n") { text.removeLast() }
        return text
    }
}

/// An answer as it grows.
struct GeneratedAnswer {
    private(set) var text = ""
    private(set) var tokens: [Int32] = []
    private(set) var completion: Completion?

    /// Takes in an event; returns the text that came with it.
    mutating func take(_ event: GenerationEvent) -> String {
        let piece: String
        switch event {
        case .prompt: return ""
        case .token(let token):
            tokens.append(token.id)
            piece = token.text
        case .finished(let completion):
            self.completion = completion
            piece = completion.trailingText
        }
        text += piece
        return piece
    }

    /// The object that `run --json` writes.
    var json: JSON {
        var timings: JSON.Object = [
            "prompt_per_second": .number(completion?.promptPerSecond ?? 0),
            "predicted_per_second": .number(completion?.predictedPerSecond ?? 0),
        ]
        if let completion, completion.draftedTokens > 0 {
            timings["draft_n"] = .integer(completion.draftedTokens)
            timings["draft_n_accepted"] = .integer(completion.acceptedTokens)
        }
        return [
            "text": .string(text), "token_ids": .array(tokens.map { .integer(Int($0)) }),
            "finish_reason": completion.map { .string($0.finishReason.rawValue) } ?? .null,
            "prompt_tokens": .integer(completion?.promptTokens ?? 0),
            "completion_tokens": .integer(completion?.completionTokens ?? tokens.count),
            "timings": .object(timings),
        ]
    }
}
