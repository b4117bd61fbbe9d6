import Decoding
import Inference
import Synchronization

/// A conversation with a model: takes lines, does what commands say, streams answers.
struct ChatSession {
    private let model: any TextModel
    private(set) var conversation: Conversation
    private(set) var sampling: SamplingParameters
    private(set) var isVerbose = false
    /// The most tokens of one answer; nil leaves it to the model and the context.
    var maximumTokens: Int?
    private let output: @Sendable (String) throws -> Void
    private let notice: @Sendable (String) -> Void

    /// Makes a session; answers go to `output`, everything else to `notice`.
    init(
        model: any TextModel, conversation: Conversation, sampling: SamplingParameters,
        output: @escaping @Sendable (String) throws -> Void = { try Console.write($0) },
        notice: @escaping @Sendable (String) -> Void = { Console.note($0) }
    ) {
        self.model = model
        self.conversation = conversation
        self.sampling = sampling
        self.output = output
        self.notice = notice
    }

    /// Takes a line; false ends the conversation. Errors are told, and the conversation goes on, unless nobody can be told.
    mutating func take(_ line: String) async throws(OutputError) -> Bool {
        do {
            guard let command = try SlashCommand(line) else {
                try await ask(line)
                return true
            }
            return try await apply(command)
        } catch let error as OutputError {
            throw error
        } catch {
            notice("error: \(error)")
            return true
        }
    }

    private mutating func apply(_ command: SlashCommand) async throws -> Bool {
        switch command {
        case .help: notice(SlashCommand.helpText)
        case .bye: return false
        case .clear:
            conversation.clear()
            notice("The conversation is forgotten.")
        case .system(let text): conversation.system = text.isEmpty ? nil : text
        case .save(let path):
            try conversation.save(to: path)
            notice("Saved to \(path).")
        case .load(let path):
            conversation = try Conversation.load(from: path)
            notice("\(conversation.turns.count) messages loaded.")
        case .set(let name, let value): try set(name, value)
        case .show: try show()
        case .retry:
            guard let question = conversation.takeBackQuestion() else {
                throw CommandError("there is no question to ask again")
            }
            try await ask(question)
        }
        return true
    }

    private mutating func set(_ name: String, _ value: String) throws {
        switch name {
        case "verbose":
            guard ["on", "off"].contains(value) else { throw CommandError("verbose wants on or off, not \(value)") }
            isVerbose = value == "on"
        case "max-tokens":
            guard let count = Int(value), count > 0 else {
                throw CommandError("max-tokens wants a number from 1, not \(value)")
            }
            maximumTokens = count
        default: try sampling.set(name, to: value)
        }
    }

    private func show() throws {
        let length = conversation.messages.isEmpty ? 0 : try model.prompt(for: conversation.messages).count
        notice(
            """
            model          \(model.name)
            conversation   \(length) of \(model.contextLength) tokens, \(conversation.turns.count) messages
            system         \(conversation.system ?? "none")
            temperature    \(sampling.temperature)
            top-k          \(sampling.topK)
            top-p          \(sampling.topP)
            min-p          \(sampling.minP)
            seed           \(sampling.seed.map(String.init) ?? "fresh each time")
            max-tokens     \(maximumTokens.map(String.init) ?? "no limit")
            """)
    }

    /// Asks, streams the answer, and keeps as much of it as there was. A question that cannot be asked is taken back.
    private mutating func ask(_ question: String) async throws {
        conversation.ask(question)
        let prompt: [Int32]
        do {
            prompt = try model.prompt(for: conversation.messages)
            if prompt.count >= model.contextLength {
                throw CommandError(
                    "the conversation has \(prompt.count) tokens with this question, and the context holds "
                        + "\(model.contextLength), the answer included. Nothing was cut: /clear begins anew, /save keeps "
                        + "what was said, --context sets a longer context if the model allows it")
            }
        } catch {
            _ = conversation.takeBackQuestion()
            throw error
        }
        let request = GenerationRequest(prompt: prompt, sampling: sampling, maximumTokens: maximumTokens)
        let answer = SharedAnswer()
        let (model, output) = (model, output)
        do {
            try await Interruption.catching {
                for try await event in model.generate(request) { try output(answer.take(event)) }
            }
        } catch is CancellationError {
            // What was said until the interrupt is kept below.
        } catch {
            if answer.value.text.isEmpty { _ = conversation.takeBackQuestion() } else { try finish(answer.value) }
            throw error
        }
        try finish(answer.value)
    }

    private mutating func finish(_ answer: GeneratedAnswer) throws {
        try output(answer.text.hasSuffix("\n") ? "" : "\n")
        conversation.answer(answer.text)
        guard let completion = answer.completion else { return notice("(stopped)") }
        if completion.finishReason == .length {
            let limit = maximumTokens.map { completion.completionTokens >= $0 } ?? false
            notice(
                limit ? "(max-tokens is reached)" : "(the context is full: the answer ends here; /clear begins anew)")
        }
        if isVerbose {
            let prompt = Quantities.decimals(completion.promptPerSecond, 1)
            let generation = Quantities.decimals(completion.predictedPerSecond, 1)
            notice(
                "(prompt \(completion.promptTokens) tokens, \(completion.cachedTokens) cached, \(prompt)/s; "
                    + "answer \(completion.completionTokens) tokens, \(generation)/s)")
        }
    }
}

/// An answer that one task fills and another reads.
private final class SharedAnswer: Sendable {
    private let answer = Mutex(GeneratedAnswer())

    var value: GeneratedAnswer { answer.withLock { $0 } }

    func take(_ event: GenerationEvent) -> String {
        answer.withLock { $0.take(event) }
    }
}
