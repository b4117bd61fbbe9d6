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

extension Request {
    /// A response that streams events while `body` runs. A client that goes away cancels `body`; an error that
    /// `body` throws becomes the last event.
    func eventStream(
        context: some RequestContext, _ body: @escaping @Sendable (inout EventWriter) async throws -> Void
    ) -> Response {
        let requestBody = self.body
        let logger = context.logger
        return Response(
            status: .ok,
            headers: [
                .contentType: "text/event-stream; charset=utf-8", .cacheControl: "no-store", .connection: "close",
            ],
            body: ResponseBody { writer in
                let output = writer
                try await requestBody.consumeWithCancellationOnInboundClose { _ in
                    var events = EventWriter(writer: output)
                    do {
                        try await body(&events)
                    } catch  where !Task.isCancelled {
                        logger.error("generation failed", metadata: ["error": "\(error)"])
                        try await events.send(APIError(error).json)
                    }
                    try await events.writer.finish(nil)
                }
            })
    }

    /// Runs `body` for a response in one piece; a client that goes away cancels it.
    func watchingForClose(_ body: @Sendable () async throws -> Response) async throws -> Response {
        var response = try await self.body.consumeWithCancellationOnInboundClose { _ in try await body() }
        // Watching for the client's end uses up the connection's input, so the connection cannot be used again.
        response.headers[.connection] = "close"
        return response
    }
}
