import Essentials
import Inference
import JSONValues

/// What all pieces of one of Ollama's replies have in common.
struct OllamaEnvelope: Sendable {
    let model: String
    let isChat: Bool
    let start = ContinuousClock.now

    /// A piece of the reply: what is new of the answer, and what else there is to say.
    func json(
        text: String = "", thinking: String = "", calls: [JSON] = [], done reason: String? = nil,
        more: JSON.Object = [:]
    ) -> JSON {
        var members: JSON.Object = ["model": .string(model), "created_at": .string(Self.now)]
        if isChat {
            var message: JSON.Object = ["role": "assistant", "content": .string(text)]
            if !thinking.isEmpty { message["thinking"] = .string(thinking) }
            if !calls.isEmpty { message["tool_calls"] = .array(calls) }
            members["message"] = .object(message)
        } else {
            members["response"] = .string(text)
            if !thinking.isEmpty { members["thinking"] = .string(thinking) }
        }
        members["done"] = .bool(reason != nil)
        if let reason { members["done_reason"] = .string(reason) }
        members.merge(more) { $1 }
        return .object(members)
    }

    static var now: String { time(Date()) }

    /// A time as Ollama writes it.
    static func time(_ date: Date) -> String { date.formatted(.iso8601) }

    /// Ollama's statistics of an answer, in nanoseconds.
    func statistics(_ completion: Completion) -> JSON.Object {
        [
            "total_duration": .integer(Self.nanoseconds((ContinuousClock.now - start) / .seconds(1))),
            "load_duration": 0,
            "prompt_eval_count": .integer(completion.promptTokens),
            "prompt_eval_duration": .integer(Self.nanoseconds(completion.promptSeconds)),
            "eval_count": .integer(completion.completionTokens),
            "eval_duration": .integer(Self.nanoseconds(completion.completionSeconds)),
        ]
    }

    static func nanoseconds(_ seconds: Double) -> Int { max(0, Int(exactly: (seconds * 1e9).rounded()) ?? 0) }
}

/// The reply to `/api/generate` or `/api/chat`.
struct OllamaReply: GenerationReply {
    static let form = StreamForm.lines
    static let errors = ErrorShape.ollama

    private let call: ConversationCall
    private let options: OllamaOptions
    private let envelope: OllamaEnvelope
    private let returnsContext: Bool
    private var reader: AnswerReader
    private var tokens: [Int32] = []
    /// The call whose arguments are still coming: clients read whole ones.
    private var pending: ToolCall?

    init(call: ConversationCall, options: OllamaOptions, envelope: OllamaEnvelope, returnsContext: Bool) {
        self.call = call
        self.options = options
        self.envelope = envelope
        self.returnsContext = returnsContext
        reader = call.makeReader()
    }

    func whole(_ answers: [Answer]) -> JSON {
        guard let answer = answers.first, let completion = answer.completion else { return envelope.json(done: "stop") }
        let contents = call.contents(of: answer).contents
        var more = end(completion, tokens: answer.tokens.map(\.id))
        if options.logProbabilities != nil { more["logprobs"] = scores(answer.tokens) }
        return envelope.json(
            text: contents.text, thinking: contents.reasoning, calls: contents.calls.map(\.ollama),
            done: completion.finishReason.rawValue, more: more)
    }

    mutating func messages(for next: AnswerEvent) -> [StreamMessage] {
        let contents = complete(reader.parts(of: next.event), isEnd: next.event.isEnd)
        var lines: [JSON] = []
        var more: JSON.Object = [:]
        if case .token(let token) = next.event {
            tokens.append(token.id)
            if options.logProbabilities != nil { more["logprobs"] = scores([token]) }
        }
        if !contents.text.isEmpty || !contents.reasoning.isEmpty || !contents.calls.isEmpty || !more.isEmpty {
            lines.append(
                envelope.json(
                    text: contents.text, thinking: contents.reasoning, calls: contents.calls.map(\.ollama), more: more))
        }
        if case .finished(let completion) = next.event {
            lines.append(
                envelope.json(done: completion.finishReason.rawValue, more: end(completion, tokens: tokens)))
        }
        return lines.map { StreamMessage($0) }
    }

    /// Parts without calls that are not complete.
    private mutating func complete(_ parts: [AnswerPart], isEnd: Bool) -> AnswerContents {
        var contents = AnswerContents()
        for part in parts {
            switch part {
            case .text, .reasoning: contents.append(part)
            case .call(_, let id, let name):
                contents.calls += pending.map { [$0] } ?? []
                pending = ToolCall(id: id, name: name, arguments: "")
            case .arguments(_, let text): pending?.arguments += text
            }
        }
        if isEnd {
            contents.calls += pending.map { [$0] } ?? []
            pending = nil
        }
        return contents
    }

    private func end(_ completion: Completion, tokens: [Int32]) -> JSON.Object {
        var more = envelope.statistics(completion)
        if returnsContext { more["context"] = JSON(tokens: call.prompt + tokens) }
        return more
    }

    private func scores(_ tokens: [GeneratedToken]) -> JSON {
        let alternatives = options.logProbabilities ?? 0
        return .array(tokens.compactMap(\.score).map { call.model.logProbability($0, alternatives: alternatives) })
    }
}

extension GenerationEvent {
    fileprivate var isEnd: Bool { if case .finished = self { true } else { false } }
}

extension ToolCall {
    /// The call as Ollama's clients read it: arguments are an object.
    fileprivate var ollama: JSON {
        let arguments = (try? JSON(parsing: arguments, source: "arguments")) ?? [:]
        return ["id": .string(id), "function": ["name": .string(name), "arguments": arguments]]
    }
}
