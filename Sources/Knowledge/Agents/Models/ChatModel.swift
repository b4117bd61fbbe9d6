public import JSONValues

/// A model that talks: a local engine, a server, or a script in tests.
public protocol ChatModel: Sendable {
    /// What traces and ledgers call it.
    var name: String { get }
    /// Answers a conversation; the stream ends with `.finished`. Cancelling the task that reads it ends the work.
    func stream(_ messages: [ChatMessage], _ options: ChatOptions) async throws -> AsyncThrowingStream<
        ChatEvent, any Error
    >
    /// How many tokens a text has, or about how many.
    func tokenCount(of text: String) -> Int
}

/// How an answer is wanted.
public struct ChatOptions: Sendable, Hashable {
    /// The sampling temperature; nil for the model's own.
    public var temperature: Double?
    /// The share of probability that is sampled from; nil for the model's own.
    public var topP: Double?
    /// The most tokens of the answer; nil for no limit but the model's.
    public var maximumTokens: Int?
    /// Texts that end the answer.
    public var stop: [String] = []
    /// What makes sampling repeatable, where the model can.
    public var seed: UInt64?
    /// The JSON schema that the answer must follow; nil for free text.
    public var schema: JSON?
    /// The tools that the model may call.
    public var tools: [ToolDescription] = []
    /// Whether it must call one.
    public var mustCallTool = false

    /// Makes options that leave everything to the model.
    public init(temperature: Double? = nil, maximumTokens: Int? = nil, schema: JSON? = nil) {
        (self.temperature, self.maximumTokens, self.schema) = (temperature, maximumTokens, schema)
    }
}

/// What comes from a model while it answers.
public enum ChatEvent: Sendable, Hashable {
    /// More of the text.
    case text(String)
    /// A tool is to be called.
    case toolCall(AgentToolCall)
    /// The end.
    case finished(ChatUsage)
}

/// What an answer took, and why it ended.
public struct ChatUsage: Sendable, Hashable, Codable {
    /// Tokens read.
    public var promptTokens: Int
    /// Tokens written.
    public var completionTokens: Int
    /// Whether a limit cut the answer.
    public var isCut: Bool

    /// Makes a report.
    public init(promptTokens: Int = 0, completionTokens: Int = 0, isCut: Bool = false) {
        (self.promptTokens, self.completionTokens, self.isCut) = (promptTokens, completionTokens, isCut)
    }
}

/// A whole answer.
public struct ChatAnswer: Sendable, Hashable {
    /// The text.
    public var text = ""
    /// The tools to call.
    public var toolCalls: [AgentToolCall] = []
    /// What it took.
    public var usage = ChatUsage()

    /// Makes an answer.
    public init(text: String = "", toolCalls: [AgentToolCall] = [], usage: ChatUsage = ChatUsage()) {
        (self.text, self.toolCalls, self.usage) = (text, toolCalls, usage)
    }

    /// The answer as a turn of the conversation.
    public var message: ChatMessage { ChatMessage(.assistant, text, toolCalls: toolCalls) }
}

extension ChatModel {
    /// A token for about four bytes.
    public func tokenCount(of text: String) -> Int { (text.utf8.count + 3) / 4 }

    /// The whole answer. The run's trace keeps the conversation, its budget is charged, and its listener gets the text as it comes.
    ///
    /// - Throws: `BudgetError` if the run's budget is used up, and what the model throws.
    public func answer(_ messages: [ChatMessage], _ options: ChatOptions = ChatOptions()) async throws -> ChatAnswer {
        let context = RunContext.current
        try context.budget?.check()
        let attributes: JSON.Object = context.trace == nil ? [:] : Self.attributes(name, messages, options)
        return try await Trace.span("chat \(name)", attributes) { span in
            var answer = ChatAnswer()
            for try await event in try await stream(messages, options) {
                switch event {
                case .text(let text):
                    answer.text += text
                    context.report(.text(text))
                case .toolCall(let call): answer.toolCalls.append(call)
                case .finished(let usage): answer.usage = usage
                }
            }
            try Task.checkCancellation()
            span.set("gen_ai.usage.input_tokens", .integer(answer.usage.promptTokens))
            span.set("gen_ai.usage.output_tokens", .integer(answer.usage.completionTokens))
            span.set("gen_ai.output.messages", .array([answer.message.json]))
            try context.budget?.charge(tokens: answer.usage.promptTokens + answer.usage.completionTokens)
            return answer
        }
    }

    /// The answer to one prompt.
    public func answer(_ prompt: String, _ options: ChatOptions = ChatOptions()) async throws -> String {
        try await answer([.user(prompt)], options).text
    }

    /// An answer that follows a JSON schema, as a value. A model that does not keep to it is told so, at most `attempts` times.
    ///
    /// - Throws: `ModelError.malformed` with the last answer.
    public func value<Value: Decodable & Sendable>(
        _ type: Value.Type, _ messages: [ChatMessage], schema: JSON, options: ChatOptions = ChatOptions(),
        attempts: Int = 3
    ) async throws -> Value {
        var (options, messages) = (options, messages)
        options.schema = schema
        var failure = ModelError.malformed(model: name, answer: "", reason: "there was no attempt")
        for _ in 0..<max(1, attempts) {
            let text = try await answer(messages, options).text
            do {
                return try AnswerText.json(in: text).decode(type)
            } catch {
                failure = .malformed(model: name, answer: text, reason: "\(error)")
                messages += [
                    .assistant(text),
                    .user(
                        "That is not as asked for: \(error). Answer again, with nothing but JSON that follows this "
                            + "schema: \(schema.text())"),
                ]
            }
        }
        throw failure
    }

    private static func attributes(_ name: String, _ messages: [ChatMessage], _ options: ChatOptions) -> JSON.Object {
        var attributes: JSON.Object = [
            "gen_ai.operation.name": "chat", "gen_ai.request.model": .string(name),
            "gen_ai.input.messages": .array(messages.map(\.json)),
        ]
        if let temperature = options.temperature { attributes["gen_ai.request.temperature"] = .number(temperature) }
        if let maximum = options.maximumTokens { attributes["gen_ai.request.max_tokens"] = .integer(maximum) }
        if let schema = options.schema { attributes["swiftlet.schema"] = schema }
        if !options.tools.isEmpty {
            attributes["swiftlet.tools"] = .array(options.tools.map { .string($0.name) })
        }
        return attributes
    }
}

/// What can be read out of answers.
package enum AnswerText {
    /// The JSON value of an answer, also where there is a fence or talk around it.
    package static func json(in text: String) throws(JSONError) -> JSON {
        do { return try JSON(parsing: text, source: "the answer") } catch {
            let bytes = Array(text.utf8)
            guard let start = bytes.firstIndex(where: { $0 == UInt8(ascii: "{") || $0 == UInt8(ascii: "[") }),
                let end = bytes.lastIndex(
                    of: bytes[start] == UInt8(ascii: "{") ? UInt8(ascii: "}") : UInt8(ascii: "]")),
                start < end
            else { throw error }
            return try JSON(parsing: Array(bytes[start...end]), source: "the answer")
        }
    }
}

/// Why a model gave no usable answer.
public enum ModelError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The answer is not of the form that was asked for.
    case malformed(model: String, answer: String, reason: String)
    /// The server's answer is not of its own form, or says that something failed.
    case server(model: String, reason: String)
    /// The script of a test has no more answers.
    case scriptEnded(answers: Int)
    /// No model is left that could answer.
    case noModel(reason: String)

    /// What is wrong and what to do about it.
    public var description: String {
        switch self {
        case .malformed(let model, let answer, let reason):
            "\(model) gave no usable answer (\(reason)); it said: \(answer.prefix(200))"
        case .server(let model, let reason): "the server of \(model): \(reason)"
        case .scriptEnded(let answers): "the scripted model has no more than \(answers) answers"
        case .noModel(let reason): "no model can answer: \(reason)"
        }
    }
}
