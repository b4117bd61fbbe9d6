import Essentials
package import JSONValues
import WebClient

/// A model of a server: OpenAI's API and all that speak it, Anthropic's, or Gemini's.
///
/// ```swift
/// import Swiftlet
///
/// let model = try HostedModel(.openAI, model: "smollm2", url: "http://127.0.0.1:8080/v1")
/// print(try await model.answer("Say hello."))
/// ```
public struct HostedModel: ChatModel {
    /// How a server is spoken to.
    public enum Format: String, Sendable, Hashable, CaseIterable {
        case openAI = "openai"
        case anthropic
        case gemini

        /// The usual address.
        public var url: String {
            switch self {
            case .openAI: "https://api.openai.com/v1"
            case .anthropic: "https://api.anthropic.com/v1"
            case .gemini: "https://generativelanguage.googleapis.com/v1beta"
            }
        }

        /// The environment's name for the key.
        public var keyName: String {
            switch self {
            case .openAI: "OPENAI_API_KEY"
            case .anthropic: "ANTHROPIC_API_KEY"
            case .gemini: "GEMINI_API_KEY"
            }
        }

        func makeWire() -> any WireFormat {
            switch self {
            case .openAI: OpenAIFormat()
            case .anthropic: AnthropicFormat()
            case .gemini: GeminiFormat()
            }
        }
    }

    /// The model's name at the server.
    public let name: String
    /// Seconds without a byte of an answer after which the server counts as gone. A model may think for long before the first word.
    public var idleTimeout = 600.0
    /// How often a request is sent at most, if it fails in a way that may pass.
    public var attempts = 6
    /// How the server is spoken to.
    package let format: Format
    private let base: String
    private let key: String?

    /// Makes a model.
    ///
    /// - Parameters:
    ///   - url: The address that the paths of the API begin with; nil for the usual one.
    ///   - key: The key; nil for none.
    /// - Throws: `ModelError.server` if the address is none.
    public init(_ format: Format, model: String, url: String? = nil, key: String? = nil) throws {
        var base = url ?? format.url
        while base.hasSuffix("/") { base.removeLast() }
        guard let parsed = URL(string: base), ["http", "https"].contains(parsed.scheme), parsed.host != nil else {
            throw ModelError.server(model: model, reason: "\(base) is no address of HTTP")
        }
        (self.format, self.name, self.base, self.key) = (format, model, base, key)
    }

    /// The model that a text names, or nil if it names a local one: `openai:NAME`, `anthropic:NAME`, `gemini:NAME`, whose keys are
    /// in the environment, or `http://host/v1#NAME` for any server that speaks OpenAI's API.
    public static func named(_ text: String, environment: [String: String]) throws -> HostedModel? {
        if text.hasPrefix("http://") || text.hasPrefix("https://") {
            let parts = text.split(separator: "#", maxSplits: 1).map(String.init)
            return try HostedModel(
                .openAI, model: parts.count == 2 ? parts[1] : "default", url: parts[0],
                key: environment["SWIFTLET_MODEL_KEY"])
        }
        for format in Format.allCases where text.hasPrefix(format.rawValue + ":") {
            let url = environment[format.keyName.replacing("API_KEY", with: "BASE_URL")]
            return try HostedModel(
                format, model: String(text.dropFirst(format.rawValue.count + 1)), url: url,
                key: environment[format.keyName])
        }
        return nil
    }

    /// Answers a conversation.
    public func stream(_ messages: [ChatMessage], _ options: ChatOptions) async throws -> AsyncThrowingStream<
        ChatEvent, any Error
    > {
        let start = format.makeWire()
        let request = try request(start.path(model: name), start.body(model: name, messages, options))
        let events = try await client.events(request)
        let name = name
        return AsyncThrowingStream { continuation in
            let task = Task {
                do {
                    var wire = start
                    for try await event in events {
                        for piece in try wire.events(of: event.data, model: name) { continuation.yield(piece) }
                    }
                    for piece in try wire.finish(model: name) { continuation.yield(piece) }
                    continuation.finish()
                } catch {
                    continuation.finish(throwing: error)
                }
            }
            continuation.onTermination = { _ in task.cancel() }
        }
    }

    /// What OpenAI's older API answers, `/completions`, whose prompts are plain texts; the model's name is added to the body.
    ///
    /// - Throws: `HTTPError`.
    package func completion(_ body: JSON.Object) async throws -> JSON {
        var request = try request("/completions", .object(body.merging(["model": .string(name)]) { $1 }))
        // Asking twice changes nothing.
        request.isRepeatable = true
        return try await client.json(request)
    }

    private var client: HTTPClient {
        var retries = RetryPolicy()
        retries.attempts = max(1, attempts)
        return HTTPClient(retries: retries)
    }

    private func request(_ path: String, _ body: JSON) throws(ModelError) -> HTTPRequest {
        guard let url = URL(string: base + path) else {
            throw ModelError.server(model: name, reason: "\(base) is no address of HTTP")
        }
        var request = HTTPRequest(url, json: body)
        request.idleTimeout = idleTimeout
        let wire = format.makeWire()
        request.fields += wire.fields
        if let key { request.credentials = [wire.credential(key)] }
        return request
    }
}

/// How one API writes requests and streams answers; it keeps what it has seen of one answer.
protocol WireFormat: Sendable {
    func path(model: String) -> String
    var fields: [HTTPRequest.Field] { get }
    func credential(_ key: String) -> HTTPRequest.Field
    func body(model: String, _ messages: [ChatMessage], _ options: ChatOptions) -> JSON
    mutating func events(of data: String, model: String) throws -> [ChatEvent]
    mutating func finish(model: String) throws -> [ChatEvent]
}

/// A tool call that arrives in pieces.
struct PartialCall: Sendable {
    var id = ""
    var name = ""
    var arguments = ""

    func call(model: String) throws -> AgentToolCall {
        do {
            let value = try JSON(parsing: arguments.isEmpty ? "{}" : arguments, source: "arguments of \(name)")
            return AgentToolCall(id: id.isEmpty ? "call-\(name)" : id, name: name, arguments: value)
        } catch {
            throw ModelError.malformed(model: model, answer: arguments, reason: "\(error)")
        }
    }
}
