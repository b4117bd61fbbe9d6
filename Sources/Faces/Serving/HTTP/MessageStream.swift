import Hummingbird
import JSONValues

/// A piece of a streamed reply.
struct StreamMessage: Sendable {
    /// The event's name, where the wire format has names.
    var event: String?
    var text: String

    init(_ json: JSON, event: String? = nil) {
        text = json.text()
        self.event = event
    }

    /// OpenAI's mark that nothing follows.
    static let done = StreamMessage(text: "[DONE]")

    private init(text: String) { self.text = text }
}

/// How the pieces of a streamed reply follow each other.
enum StreamForm: Sendable {
    /// Server-sent events.
    case events
    /// A JSON object on each line.
    case lines

    fileprivate var contentType: String {
        switch self {
        case .events: "text/event-stream; charset=utf-8"
        case .lines: "application/x-ndjson"
        }
    }

    fileprivate func text(_ message: StreamMessage) -> String {
        switch self {
        case .events: (message.event.map { "event: \($0)\n" } ?? "") + "data: \(message.text)\n\n"
        case .lines: message.text + "\n"
        }
    }
}

/// Writes the pieces of a streamed reply.
struct MessageWriter {
    fileprivate var writer: any ResponseBodyWriter
    fileprivate let form: StreamForm

    mutating func send(_ messages: [StreamMessage]) async throws {
        guard !messages.isEmpty else { return }
        try await writer.write(ByteBuffer(string: messages.map(form.text).joined()))
    }

    mutating func send(_ json: JSON) async throws { try await send([StreamMessage(json)]) }
    mutating func sendDone() async throws { try await send([.done]) }
}

extension Response {
    /// A response that streams events whose errors have OpenAI's shape.
    static func events(
        context: some RequestContext, _ body: @escaping @Sendable (inout MessageWriter) async throws -> Void
    ) -> Response {
        messages(.events, context: context, failure: { StreamMessage(ErrorShape.openAI.json($0)) }, body)
    }

    /// A response that streams messages while `body` runs. A client that goes away cancels `body`; an error that `body` throws
    /// becomes the last message, as `failure` writes it.
    static func messages(
        _ form: StreamForm, context: some RequestContext, failure: @escaping @Sendable (APIError) -> StreamMessage,
        _ body: @escaping @Sendable (inout MessageWriter) async throws -> Void
    ) -> Response {
        let logger = context.logger
        return Response(
            status: .ok, headers: [.contentType: form.contentType, .cacheControl: "no-store"],
            body: ResponseBody { writer in
                let output = SoleWriter(writer: writer)
                do {
                    // Lines have nothing that means nothing, which tells whether a client is still there.
                    try await Peer.whileThere(isStreaming: form == .events) {
                        var messages = MessageWriter(writer: output.writer, form: form)
                        try await body(&messages)
                    }
                } catch  where Peer.hasLeft(error) {
                    logger.debug("the client left", metadata: ["error": "\(error)"])
                    throw error
                } catch {
                    logger.error(
                        "generation failed", metadata: ["request": "\(RequestID.metadata)", "error": "\(error)"])
                    var messages = MessageWriter(writer: writer, form: form)
                    try await messages.send([failure(APIError(error))])
                }
                try await output.writer.finish(nil)
            })
    }

    /// Invariant of the unchecked conformance: the task that has it waits while another writes.
    private struct SoleWriter: @unchecked Sendable {
        let writer: any ResponseBodyWriter
    }
}
