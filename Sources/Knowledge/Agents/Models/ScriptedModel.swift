import Synchronization

/// A model that gives prepared answers, one after another, for tests and for trying flows out without a model.
///
/// ```swift
/// import Swiftlet
///
/// let model = ScriptedModel(["Paris."])
/// print(try await model.answer("What is the capital of France?"))
/// ```
public final class ScriptedModel: ChatModel {
    /// What traces call it.
    public let name: String
    private let reply: @Sendable ([ChatMessage], ChatOptions) throws -> ChatAnswer
    private let kept = Mutex<[[ChatMessage]]>([])

    /// The conversations that were answered.
    public var conversations: [[ChatMessage]] { kept.withLock { $0 } }

    /// Makes a model that computes its answers.
    public init(name: String = "scripted", reply: @escaping @Sendable ([ChatMessage], ChatOptions) throws -> ChatAnswer)
    {
        (self.name, self.reply) = (name, reply)
    }

    /// Makes a model that gives these answers in turn; then it is an error to ask.
    public convenience init(name: String = "scripted", answers: [ChatAnswer]) {
        let next = Counter()
        self.init(name: name) { _, _ in
            let place = next.take()
            guard place < answers.count else { throw ModelError.scriptEnded(answers: answers.count) }
            return answers[place]
        }
    }

    /// Makes a model that gives these texts in turn; then it is an error to ask.
    public convenience init(_ texts: [String], name: String = "scripted") {
        self.init(name: name, answers: texts.map { ChatAnswer(text: $0) })
    }

    /// Gives the next answer, word by word.
    public func stream(_ messages: [ChatMessage], _ options: ChatOptions) async throws -> AsyncThrowingStream<
        ChatEvent, any Error
    > {
        kept.withLock { $0.append(messages) }
        var answer = try reply(messages, options)
        if answer.usage.completionTokens == 0 {
            answer.usage.promptTokens = messages.reduce(0) { $0 + tokenCount(of: $1.text) }
            answer.usage.completionTokens = tokenCount(of: answer.text)
        }
        return AsyncThrowingStream { continuation in
            for piece in Self.pieces(answer.text) { continuation.yield(.text(piece)) }
            for call in answer.toolCalls { continuation.yield(.toolCall(call)) }
            continuation.yield(.finished(answer.usage))
            continuation.finish()
        }
    }

    private static func pieces(_ text: String) -> [String] {
        var pieces: [String] = []
        for character in text {
            if pieces.isEmpty || character == " " { pieces.append("") }
            pieces[pieces.count - 1].append(character)
        }
        return pieces
    }
}

/// Numbers from 0 on.
final class Counter: Sendable {
    private let next = Mutex(0)

    func take() -> Int {
        next.withLock { next in
            defer { next += 1 }
            return next
        }
    }
}
