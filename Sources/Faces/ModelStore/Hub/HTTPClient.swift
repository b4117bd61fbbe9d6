import Essentials

/// Sends one request at a time, follows redirects and hands the body on as it arrives.
struct HTTPClient: Sendable {
    private let token: String?
    private let idleTimeout: Double

    init(settings: HubSettings) {
        token = settings.token
        idleTimeout = settings.idleTimeout
    }

    /// Sends a GET request, for the bytes from `range` on if given, and returns when its body has been received or refused.
    ///
    /// - Throws: What the receiver throws, `HTTPFailure`, or `CancellationError`.
    func get(_ url: URL, range: Int? = nil, receiver: any ResponseReceiver) async throws -> HTTPResponse {
        var target = url
        for _ in 0..<16 {
            let request = HTTPRequest(
                url: target, fields: fields(for: target, of: url, range: range), idleTimeout: idleTimeout)
            let response = try await request.send(to: receiver)
            guard [301, 302, 303, 307, 308].contains(response.status), let place = response["Location"],
                let next = URL(string: place, relativeTo: target)?.absoluteURL,
                next.scheme == "https" || (next.scheme == "http" && target.scheme == "http")
            else { return response }
            target = next
        }
        throw HTTPFailure(reason: "it is redirected without end", mayPass: false)
    }

    private func fields(for target: URL, of origin: URL, range: Int?) -> [String] {
        // A compressed body would make lengths and ranges mean something else.
        var fields = ["User-Agent: swiftlet", "Accept-Encoding: identity"]
        if let range, range > 0 { fields.append("Range: bytes=\(range)-") }
        // Files lie on other hosts, which must not learn the token.
        let isSameHost = target.scheme == origin.scheme && target.host == origin.host && target.port == origin.port
        if let token, isSameHost { fields.append("Authorization: Bearer \(token)") }
        return fields
    }
}

/// A GET request that is sent once, without following redirects.
struct HTTPRequest: Sendable {
    var url: URL
    /// Lines of the head, such as `Range: bytes=5-`.
    var fields: [String]
    /// Seconds without any byte after which the connection counts as lost.
    var idleTimeout: Double
}
