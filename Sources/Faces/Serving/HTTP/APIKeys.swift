import Files
import Hummingbird

private typealias HeaderName = HTTPFields.Element.Name

/// The keys that let clients in. Only their digests are kept.
public struct APIKeys: Sendable, Hashable {
    private let digests: [[UInt8]]

    /// Takes keys as clients send them; none let everybody in.
    public init(_ keys: [String] = []) { digests = keys.map { Self.digest(of: $0) } }

    public var isEmpty: Bool { digests.isEmpty }

    /// The number of the key; nil if there is none like it. It takes as long for every key.
    func index(of key: String) -> Int? {
        let digest = Self.digest(of: key)
        var found: Int?
        for (index, known) in digests.enumerated() where Self.areEqual(known, digest) { found = index }
        return found
    }

    private static func digest(of key: String) -> [UInt8] { Array(SHA256.digest(of: key.utf8).utf8) }

    /// Compares without a branch on where they differ.
    private static func areEqual(_ a: [UInt8], _ b: [UInt8]) -> Bool {
        zip(a, b).reduce(UInt8(a.count == b.count ? 0 : 1)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}

/// Who asks: the same for all requests with one key, or from one address where there are no keys.
enum Client {
    @TaskLocal static var current: String?
    /// When the answer is of no use to it any more.
    @TaskLocal static var deadline: ContinuousClock.Instant?

    /// Reads `x-request-timeout`: the seconds that an answer may take.
    static func deadline(of request: Request) throws(APIError) -> ContinuousClock.Instant? {
        guard let name = HeaderName("x-request-timeout"), let text = request.headers[name] else { return nil }
        guard let seconds = Double(text), seconds > 0, seconds < 1e6 else {
            throw APIError(
                .badRequest, "'x-request-timeout' must be a number of seconds, not \"\(text)\".",
                param: "x-request-timeout", code: "invalid_value")
        }
        return .now + .seconds(seconds)
    }
}

/// Lets those in who have a key, where there are keys, and tells clients apart.
struct KeyMiddleware<Context: RequestContext>: RouterMiddleware {
    let keys: APIKeys
    /// Paths that everybody may ask for: they do nothing.
    let publicPaths: Set<String>

    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        let deadline = try Client.deadline(of: request)
        func answer(to client: String?) async throws -> Response {
            try await Client.$current.withValue(client) {
                try await Client.$deadline.withValue(deadline) { try await next(request, context) }
            }
        }
        guard !keys.isEmpty else { return try await answer(to: Peer.current?.address) }
        let index = Self.key(of: request).flatMap { keys.index(of: $0) }
        guard index != nil || request.method == .options || publicPaths.contains(request.uri.path) else {
            throw APIError(
                .unauthorized, "A valid key is needed: send it as 'Authorization: Bearer KEY' or 'x-api-key: KEY'.",
                code: "invalid_api_key")
        }
        return try await answer(to: index.map { "key \($0)" })
    }

    private static func key(of request: Request) -> String? {
        if let name = HeaderName("x-api-key"), let key = request.headers[name] { return key }
        guard let field = request.headers[.authorization] else { return nil }
        let parts = field.split(separator: " ", maxSplits: 1)
        return parts.count == 2 && parts[0].lowercased() == "bearer" ? String(parts[1]) : nil
    }
}
