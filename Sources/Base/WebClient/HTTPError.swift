/// Why there was no whole response.
package struct HTTPFailure: Error, Hashable, CustomStringConvertible {
    /// What happened to the connection.
    package var reason: String
    /// Whether another attempt may succeed.
    package var mayPass: Bool
    /// Whether the request cannot have reached anybody.
    package var isUnsent: Bool

    init(reason: String, mayPass: Bool, isUnsent: Bool = false) {
        (self.reason, self.mayPass, self.isUnsent) = (reason, mayPass, isUnsent)
    }

    /// What happened.
    package var description: String { reason }
}

/// Why a request did not bring what was asked for.
package enum HTTPError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The request cannot be sent as it is.
    case invalidRequest(url: String, reason: String)
    /// The server refuses or fails; `body` is the beginning of what it says.
    case status(url: String, status: Int, body: String, attempts: Int)
    /// The connection failed and stayed so.
    case connection(url: String, reason: String, attempts: Int)
    /// More bytes came than are wanted.
    case tooLong(url: String, limit: Int)
    /// The answer is not of the form that was asked for.
    case unexpectedAnswer(url: String, reason: String)

    /// What is wrong, where, and what to do about it.
    package var description: String {
        switch self {
        case .invalidRequest(let url, let reason): "the request to \(url) cannot be sent: \(reason)"
        case .status(let url, let status, let body, let attempts):
            "\(url) answered HTTP \(status)\(Self.times(attempts))"
                + (body.isEmpty ? "" : ": \(body)")
                + ([401, 403].contains(status) ? "; check the key or token for it" : "")
        case .connection(let url, let reason, let attempts):
            "the connection to \(url) failed\(Self.times(attempts)): \(reason)"
        case .tooLong(let url, let limit): "\(url) answers with more than the \(limit) bytes that are wanted"
        case .unexpectedAnswer(let url, let reason): "\(url) gave an unexpected answer: \(reason)"
        }
    }

    private static func times(_ attempts: Int) -> String { attempts > 1 ? " (\(attempts) attempts)" : "" }
}
