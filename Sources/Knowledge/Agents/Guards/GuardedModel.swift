/// What looks at what goes into a model or comes out of it.
public struct Guard: Sendable {
    /// What becomes of a text.
    public enum Outcome: Sendable, Hashable {
        /// It goes on, changed or not.
        case text(String)
        /// It goes no further; the user is told this instead.
        case blocked(String)
    }

    /// The name in traces.
    public var name: String
    private let body: @Sendable (String, [ChatMessage]) async throws -> Outcome

    /// Makes a guard of a function of the text and the conversation before it.
    public init(_ name: String, _ body: @escaping @Sendable (String, [ChatMessage]) async throws -> Outcome) {
        (self.name, self.body) = (name, body)
    }

    /// Looks at a text.
    public func check(_ text: String, _ conversation: [ChatMessage] = []) async throws -> Outcome {
        try await Trace.span("guard \(name)", ["swiftlet.input": .string(text)]) { span in
            let outcome = try await body(text, conversation)
            span.set("outcome", .string("\(outcome)"))
            return outcome
        }
    }

    /// Blocks texts that try to give the model orders.
    public static var injection: Guard {
        Guard("injection") { text, _ in
            let finding = InjectionDetector().inspect(text)
            return finding.isSuspicious
                ? .blocked("This looks like an attempt to change my instructions.") : .text(text)
        }
    }

    /// Masks what identifies people.
    public static var personalData: Guard {
        Guard("personal data") { text, _ in .text(PersonalData().mask(text).text) }
    }

    /// Blocks what a Llama Guard model finds unsafe, as a user's turn or as the model's.
    public static func llamaGuard(_ model: any ChatModel, ofAnswers: Bool = false) -> Guard {
        Guard("llama guard") { text, conversation in
            let turn: ChatMessage = ofAnswers ? .assistant(text) : .user(text)
            let verdict = try await LlamaGuard(model).verdict(conversation + [turn])
            return verdict.isSafe
                ? .text(text) : .blocked("I cannot help with that (\(verdict.categories.joined(separator: ", "))).")
        }
    }

    /// Blocks texts with any of these words.
    public static func words(_ words: [String], reply: String = "I cannot talk about that.") -> Guard {
        Guard("words") { text, _ in
            let plain = text.lowercased()
            return words.contains { plain.contains($0.lowercased()) } ? .blocked(reply) : .text(text)
        }
    }

    /// Lets only texts through that are about one of these topics, as a model sees it.
    public static func topics(_ topics: [String], model: any ChatModel, reply: String) -> Guard {
        Guard("topics") { text, _ in
            let decision = try await model.value(
                TopicDecision.self,
                [
                    .system(
                        "Is the text about one of these topics: \(topics.joined(separator: "; "))? Answer as JSON."),
                    .user(Quoting.quoted(text)),
                ],
                schema: [
                    "type": "object", "properties": ["isOnTopic": ["type": "boolean"]], "required": ["isOnTopic"],
                    "additionalProperties": false,
                ], options: ChatOptions(temperature: 0))
            return decision.isOnTopic ? .text(text) : .blocked(reply)
        }
    }

    private struct TopicDecision: Decodable, Sendable { var isOnTopic: Bool }
}

/// A model between guards: what the user says is looked at before the model sees it, and what the model says before anybody does.
public struct GuardedModel: ChatModel {
    /// What traces call it.
    public var name: String { model.name }
    private let model: any ChatModel
    private let inputs: [Guard]
    private let outputs: [Guard]

    /// Puts guards around a model. Without guards of answers they stream as they come, otherwise they come as a whole.
    public init(_ model: any ChatModel, inputs: [Guard] = [], outputs: [Guard] = []) {
        (self.model, self.inputs, self.outputs) = (model, inputs, outputs)
    }

    /// How many tokens the model makes of a text.
    public func tokenCount(of text: String) -> Int { model.tokenCount(of: text) }

    /// Answers a conversation.
    public func stream(_ messages: [ChatMessage], _ options: ChatOptions) async throws -> AsyncThrowingStream<
        ChatEvent, any Error
    > {
        var messages = messages
        if let place = messages.lastIndex(where: { $0.role == .user }) {
            for check in inputs {
                switch try await check.check(messages[place].text, Array(messages[..<place])) {
                case .text(let text): messages[place].text = text
                case .blocked(let reply): return Self.stream([.text(reply), .finished(ChatUsage())])
                }
            }
        }
        let events = try await model.stream(messages, options)
        guard !outputs.isEmpty else { return events }
        var (text, others): (String, [ChatEvent]) = ("", [])
        for try await event in events {
            if case .text(let piece) = event { text += piece } else { others.append(event) }
        }
        for check in outputs where !text.isEmpty {
            switch try await check.check(text, messages) {
            case .text(let changed): text = changed
            case .blocked(let reply): return Self.stream([.text(reply), .finished(ChatUsage())])
            }
        }
        return Self.stream((text.isEmpty ? [] : [.text(text)]) + others)
    }

    private static func stream(_ events: [ChatEvent]) -> AsyncThrowingStream<ChatEvent, any Error> {
        AsyncThrowingStream { continuation in
            for event in events { continuation.yield(event) }
            continuation.finish()
        }
    }
}
