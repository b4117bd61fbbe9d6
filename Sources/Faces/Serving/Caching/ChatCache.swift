import Hummingbird
import Inference
import JSONValues
import Logging
import Retrieval

/// Answers to chats that are given again (`--semantic-cache`).
struct ChatCache: Sendable {
    let cache: SemanticCache
    /// Whether clients share no answers.
    let isolatesClients: Bool

    /// What of a chat is looked up.
    struct Key: Sendable {
        /// The last message, if a user wrote it.
        let question: String
        /// All that the answer depends on besides.
        let scope: String
        let tokenLimit: Int
    }

    /// The key of a chat; nil where an answer is more than a text that depends on texts, and where the request wants a new one.
    func key(of call: ChatCall) -> Key? {
        guard call.allowsKeptAnswer, call.requests.count == 1, let request = call.requests.first,
            let identity = call.model.identity, call.options.beams == nil, request.adapters == nil,
            request.logProbabilities == nil, request.constraint == nil, request.attention.isEmpty,
            call.plan.tools.isEmpty, !call.options.returnsTokenIDs, !call.isVerbose,
            let last = call.chat.messages.last, last["role"]?.stringValue == "user",
            let question = last["content"]?.stringValue
        else { return nil }
        // The prompt around the question holds what was said before, instructions and all else that the template writes.
        var frame = call.chat
        frame.messages[frame.messages.count - 1] = ["role": "user", "content": "?"]
        guard let prompt = try? frame.text(for: call.model) else { return nil }
        let scope: JSON = [
            "model": .string(call.model.id), "identity": .string(identity), "prompt": .string(prompt),
            "stop": .array(request.stopStrings.map(JSON.string)),
            "client": isolatesClients ? .string(Client.current ?? "") : .null,
        ]
        return Key(question: question, scope: scope.text(), tokenLimit: request.maximumTokens ?? .max)
    }

    static let header = HTTPFields.Element.Name("X-Semantic-Cache").unsafelyUnwrapped

    /// What a reply's header says of where the answer comes from.
    static func description(of found: CachedAnswer?) -> String {
        guard let found else { return "miss" }
        return found.isExact ? "hit; exact" : "hit; similarity=\(found.similarity)"
    }

    /// The events of a chat's answer: those of an earlier one, or the model's, which are kept.
    func answers(to call: ChatCall, _ key: Key, context: some RequestContext) async throws
        -> (AsyncThrowingStream<AnswerEvent, any Error>, CachedAnswer?)
    {
        if let found = try await cache.answer(to: key.question, scope: key.scope, tokenLimit: key.tokenLimit) {
            return (Self.replay(found, promptTokens: call.prompt.count), found)
        }
        return (keeping(try call.model.generate(call.requests), key, context.logger), nil)
    }

    private static func replay(_ found: CachedAnswer, promptTokens: Int) -> AsyncThrowingStream<AnswerEvent, any Error>
    {
        let completion = Completion(
            finishReason: .stop, trailingText: "", promptTokens: promptTokens, cachedTokens: promptTokens,
            completionTokens: found.tokens, promptSeconds: 0, completionSeconds: 0)
        let events: [GenerationEvent] = [
            .prompt([]), .token(GeneratedToken(id: 0, text: found.answer, score: nil)), .finished(completion),
        ]
        return AsyncThrowingStream { continuation in
            for event in events { continuation.yield(AnswerEvent(index: 0, event: event)) }
            continuation.finish()
        }
    }

    /// The same events; an answer that the model ended is kept when it is complete.
    private func keeping(
        _ events: AsyncThrowingStream<AnswerEvent, any Error>, _ key: Key, _ logger: Logger
    ) -> AsyncThrowingStream<AnswerEvent, any Error> {
        let source = EventSource(events)
        return AsyncThrowingStream {
            guard let next = try await source.next() else { return nil }
            if case .finished(let end) = next.event, end.finishReason == .stop, end.omittedTokens == 0 {
                let (text, seconds) = (source.text, end.promptSeconds + end.completionSeconds)
                do {
                    try await cache.keep(
                        text, tokens: end.completionTokens, seconds: seconds, for: key.question, scope: key.scope)
                } catch {
                    // Whoever waits for the answer gets it all the same.
                    logger.error("the answer could not be kept", metadata: ["error": "\(error)"])
                }
            }
            return next
        }
    }

    /// Events in turn, and the text so far.
    ///
    /// `@unchecked Sendable`: the one task that reads the stream reads the next event when it has the last.
    private final class EventSource: @unchecked Sendable {
        private var iterator: AsyncThrowingStream<AnswerEvent, any Error>.Iterator
        private(set) var text = ""

        init(_ events: AsyncThrowingStream<AnswerEvent, any Error>) { iterator = events.makeAsyncIterator() }

        func next() async throws -> AnswerEvent? {
            let next = try await iterator.next()
            switch next?.event {
            case .token(let token)?: text += token.text
            case .finished(let end)?: text += end.trailingText
            default: break
            }
            return next
        }
    }
}
