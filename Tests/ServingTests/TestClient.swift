import Foundation
import JSONValues
import Logging
import Serving

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// Talks to a server over the loopback interface.
struct TestClient: Sendable {
    struct Reply: Sendable {
        let status: Int
        let headers: [String: String]
        let body: [UInt8]

        var text: String { String(decoding: body, as: UTF8.self) }

        var json: JSON {
            get throws { try JSON(parsing: body, source: "reply") }
        }

        /// The JSON of each server-sent event; a last event `[DONE]` is the string.
        var events: [JSON] {
            get throws {
                try text.split(separator: "\n\n").map { event in
                    let data = String(event.dropFirst("data: ".count))
                    return data == "[DONE]" ? .string(data) : try JSON(parsing: data, source: "event")
                }
            }
        }
    }

    let port: Int

    func request(_ method: String, _ path: String, body: String? = nil, headers: [String: String] = [:]) -> URLRequest {
        var request = URLRequest(url: URL(string: "http://127.0.0.1:\(port)\(path)") ?? URL(fileURLWithPath: "/"))
        request.httpMethod = method
        request.httpBody = body.map { Data($0.utf8) }
        if body != nil { request.setValue("application/json", forHTTPHeaderField: "Content-Type") }
        for (name, value) in headers { request.setValue(value, forHTTPHeaderField: name) }
        return request
    }

    func get(_ path: String, headers: [String: String] = [:]) async throws -> Reply {
        try await send(request("GET", path, headers: headers))
    }

    func post(_ path: String, _ body: String) async throws -> Reply {
        try await send(request("POST", path, body: body))
    }

    func send(_ request: URLRequest) async throws -> Reply {
        let configuration = URLSessionConfiguration.ephemeral
        let session = URLSession(configuration: configuration)
        defer { session.finishTasksAndInvalidate() }
        let (data, response) = try await session.data(for: request)
        let head = response as? HTTPURLResponse
        var headers: [String: String] = [:]
        for (name, value) in head?.allHeaderFields ?? [:] { headers["\(name)".lowercased()] = "\(value)" }
        return Reply(status: head?.statusCode ?? 0, headers: headers, body: Array(data))
    }
}

/// Runs `body` against a server on a free port, and ends the server.
func withServer(
    _ models: any ServedModel..., embedders: [ServedEmbedder] = [], rerankers: [ServedReranker] = [],
    options: ServerOptions = ServerOptions(),
    _ body: @Sendable (TestClient) async throws -> Void
) async throws {
    var options = options
    options.port = 0
    options.endsOnSignals = false
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let server = try Server(
        models: models, embedders: embedders, rerankers: rerankers, options: options, logger: logger)
    let (ports, listening) = AsyncStream<Int>.makeStream()
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
            defer { listening.finish() }
            try await server.run { listening.yield($0) }
        }
        for await port in ports {
            try await body(TestClient(port: port))
            break
        }
        group.cancelAll()
        try await group.waitForAll()
    }
}
