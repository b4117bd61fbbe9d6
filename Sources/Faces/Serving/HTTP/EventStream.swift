import Hummingbird
import JSONValues

/// Writes server-sent events: each a line `data: JSON` and an empty line.
struct EventWriter {
    var writer: any ResponseBodyWriter

    mutating func send(_ json: JSON) async throws {
        try await writer.write(ByteBuffer(string: "data: \(json.text())\n\n"))
    }

    /// Sends OpenAI's mark that nothing follows.
    mutating func sendDone() async throws {
        try await writer.write(ByteBuffer(string: "data: [DONE]\n\n"))
    }
}

extension Response {
    /// A response that streams events while `body` runs. A client that goes away cancels `body`; an error that `body`
    /// throws becomes the last event.
    static func events(
        context: some RequestContext, _ body: @escaping @Sendable (inout EventWriter) async throws -> Void
    ) -> Response {
        let logger = context.logger
        return Response(
            status: .ok,
            headers: [.contentType: "text/event-stream; charset=utf-8", .cacheControl: "no-store"],
            body: ResponseBody { writer in
                let output = SoleWriter(writer: writer)
                do {
                    try await Peer.whileThere(isStreaming: true) {
                        var events = EventWriter(writer: output.writer)
                        try await body(&events)
                    }
                } catch  where Peer.hasLeft(error) {
                    logger.debug("the client left", metadata: ["error": "\(error)"])
                    throw error
                } catch {
                    logger.error("generation failed", metadata: ["error": "\(error)"])
                    var events = EventWriter(writer: writer)
                    try await events.send(APIError(error).json)
                }
                try await output.writer.finish(nil)
            })
    }

    /// Invariant of the unchecked conformance: the task that has it waits while another writes.
    private struct SoleWriter: @unchecked Sendable {
        let writer: any ResponseBodyWriter
    }
}
