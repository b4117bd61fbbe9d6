import Essentials
import JSONValues
import Synchronization
import WebClient

/// A server that is spoken with over HTTP: each message is a request, whose answer is JSON or an event stream.
final class MCPEndpoint: MCPConnection {
    private struct State {
        var session: String?
        var version: String?
    }

    private let url: URL
    private let key: String?
    private let state = Mutex(State())

    init(_ address: String, key: String?) throws {
        guard let url = URL(string: address), ["http", "https"].contains(url.scheme), url.host != nil else {
            throw ToolError.failed(tool: address, reason: "this is no address of HTTP")
        }
        (self.url, self.key) = (url, key)
    }

    private func request(_ message: JSON) -> HTTPRequest {
        var request = HTTPRequest(url, json: message)
        request.idleTimeout = 300
        request.fields.append(HTTPRequest.Field("Accept", "application/json, text/event-stream"))
        let state = state.withLock { $0 }
        if let session = state.session { request.fields.append(HTTPRequest.Field("Mcp-Session-Id", session)) }
        if let version = state.version { request.fields.append(HTTPRequest.Field("MCP-Protocol-Version", version)) }
        if let key { request.credentials = [HTTPRequest.Field("Authorization", "Bearer \(key)")] }
        return request
    }

    func ask(_ message: JSON, id: Int) async throws -> JSON {
        let (response, pieces) = try await HTTPClient().stream(request(message))
        if let session = response["Mcp-Session-Id"] { state.withLock { $0.session = session } }
        if response.mediaType == "text/event-stream" {
            var parser = ServerSentEventParser()
            for try await piece in pieces {
                for event in try parser.parse(piece) {
                    let value = try JSON(parsing: event.data, source: url.absoluteString)
                    if value["id"]?.intValue == id, value["method"] == nil { return value }
                }
            }
            throw ToolError.failed(tool: url.absoluteString, reason: "its stream ended without an answer")
        }
        var body: [UInt8] = []
        for try await piece in pieces {
            guard body.count + piece.count <= MCP.maximumBytes else {
                throw ToolError.failed(
                    tool: url.absoluteString, reason: "its answer has more than \(MCP.maximumBytes) bytes")
            }
            body += piece
        }
        return try JSON(parsing: body, source: url.absoluteString)
    }

    func notify(_ message: JSON) async throws {
        let (_, pieces) = try await HTTPClient().stream(request(message))
        for try await _ in pieces {}
    }

    func agree(on version: String) async { state.withLock { $0.version = version } }

    func close() async {
        guard state.withLock({ $0.session }) != nil else { return }
        var end = request([:])
        (end.method, end.body) = ("DELETE", nil)
        // Servers need not take this; the session ends by itself then.
        _ = try? await HTTPClient().data(end)
    }
}
