import Hummingbird
import Inference
import JSONValues

/// A refusal or failure in the shape that OpenAI's clients read.
struct APIError: Error {
    var status: HTTPResponse.Status
    var message: String
    /// The request's field that is wrong, as a path such as `messages[0].content`.
    var param: String?
    var code: String?
    var headers: HTTPFields = [:]

    init(_ status: HTTPResponse.Status, _ message: String, param: String? = nil, code: String? = nil) {
        self.status = status
        self.message = message
        self.param = param
        self.code = code
    }

    /// A field that is missing, of the wrong type or out of its range.
    static func invalid(_ param: String, _ message: String) -> APIError {
        APIError(.badRequest, "'\(param)' \(message).", param: param, code: "invalid_value")
    }

    /// A field that is well-formed but asks for something that the server does not do.
    static func unsupported(_ param: String, _ message: String) -> APIError {
        APIError(.badRequest, "'\(param)' \(message).", param: param, code: "unsupported_value")
    }

    /// `{"error": {"message", "type", "param", "code"}}`.
    var json: JSON {
        [
            "error": [
                "message": .string(message),
                "type": .string(type),
                "param": param.map(JSON.string) ?? .null,
                "code": code.map(JSON.string) ?? .null,
            ]
        ]
    }

    private var type: String {
        if status == .unauthorized { return "authentication_error" }
        if status == .tooManyRequests { return "rate_limit_error" }
        return status.kind == .serverError ? "server_error" : "invalid_request_error"
    }

    var response: Response {
        var response = Response(status: status, json: json)
        response.headers.append(contentsOf: headers)
        return response
    }
}

extension APIError {
    /// The answer to any error that a route throws.
    init(_ error: any Error) {
        switch error {
        case let error as APIError: self = error
        case let error as EngineError: self.init(error)
        case let error as HTTPError:
            switch error.status {
            case .notFound: self.init(.notFound, "There is nothing at this path.", code: "not_found")
            default: self.init(error.status, error.body ?? error.status.reasonPhrase)
            }
        default: self.init(.internalServerError, "\(error)")
        }
    }
}

extension APIError {
    /// The answer to what the engine refuses or fails to do.
    init(_ error: EngineError) {
        let message = "\(error)".prefix(1).uppercased() + "\(error)".dropFirst() + "."
        switch error {
        case .emptyPrompt, .tokenOutOfRange, .foreignConstraint, .attention:
            self.init(.badRequest, message, code: "invalid_value")
        case .promptTooLong, .exceedsMemory: self.init(.badRequest, message, code: "context_length_exceeded")
        case .busy(let waiting, _):
            self.init(.tooManyRequests, message, code: "queue_full")
            // Who comes back at once only finds the same queue: the longer it is, the later.
            headers[.retryAfter] = String(min(60, 1 + waiting / 8))
        case .waited:
            self.init(.tooManyRequests, message, code: "queue_timeout")
            headers[.retryAfter] = "30"
        case .late: self.init(.gatewayTimeout, message, code: "deadline_exceeded")
        case .stopped: self.init(.serviceUnavailable, message, code: "stopped")
        case .unread: self.init(.requestTimeout, message, code: "unread")
        case .constraint: self.init(.badRequest, message, code: "constraint_too_complex")
        case .notFinite: self.init(.internalServerError, message)
        }
    }
}
