import Essentials
import Hummingbird
import JSONValues

private typealias HeaderName = HTTPFields.Element.Name

/// The id of the request that is being answered.
enum RequestID {
    @TaskLocal static var current: String?

    /// What is logged about a request beside everything else.
    static var metadata: String { current ?? "" }
}

/// Gives each request an id, that of the client if it sends one, which its answer and all that is logged about it have; and
/// reports each request: when its answer is whole, and a stream when its last piece has been sent.
struct RequestLogMiddleware<Context: RequestContext>: RouterMiddleware {
    /// Takes a line for each request; nil for none.
    let report: (@Sendable (JSON) -> Void)?

    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        let name = HeaderName("x-request-id")
        let id = name.flatMap { Self.usable(request.headers[$0]) } ?? Self.makeID()
        let start = ContinuousClock.now
        var response = try await RequestID.$current.withValue(id) { try await next(request, context) }
        if let name { response.headers[name] = id }
        let entry = Entry(
            id: id, method: "\(request.method)", path: request.uri.path, client: Peer.current?.address,
            status: response.status.code, start: start)
        guard response.body.contentLength == nil else {
            report?(entry.json(isWhole: true))
            return response
        }
        let report = report
        let body = response.body
        response.body = ResponseBody { writer in
            do {
                try await RequestID.$current.withValue(id) { try await body.write(writer) }
                report?(entry.json(isWhole: true))
            } catch {
                report?(entry.json(isWhole: false))
                throw error
            }
        }
        return response
    }

    private struct Entry {
        let id: String
        let method: String
        let path: String
        let client: String?
        let status: Int
        let start: ContinuousClock.Instant

        func json(isWhole: Bool) -> JSON {
            var members: JSON.Object = [
                "time": .string(Date().formatted(.iso8601)), "request": .string(id), "method": .string(method),
                "path": .string(path), "status": .integer(status),
                "seconds": .number(((ContinuousClock.now - start) / .seconds(1) * 1e4).rounded() / 1e4),
            ]
            if let client { members["client"] = .string(client) }
            // The client left, or the answer broke off.
            if !isWhole { members["cut"] = true }
            return .object(members)
        }
    }

    /// A client's id as it may stand in headers and logs; nil if it is none.
    private static func usable(_ id: String?) -> String? {
        guard let id, (1...128).contains(id.utf8.count), id.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            return nil
        }
        return id
    }

    private static func makeID() -> String {
        "req-" + String(UInt64.random(in: 0 ... .max), radix: 36) + String(UInt64.random(in: 0 ... .max), radix: 36)
    }
}
