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
    /// More members of the error's object.
    var details: JSON.Object = [:]

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
        var members: JSON.Object = [
            "message": .string(message),
            "type": .string(type),
            "param": param.map(JSON.string) ?? .null,
            "code": code.map(JSON.string) ?? .null,
        ]
        members.merge(details) { $1 }
        return ["error": .object(members)]
    }

    private var type: String {
        // llama-server's own type, which its clients look for; OpenAI's look at the code.
        if code == Self.contextCode { return "exceed_context_size_error" }
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
    private static let contextCode = "context_length_exceeded"

    /// A prompt for which there is no room.
    static func contextExceeded(
        tokens: Int, limit: Int, reason: String? = nil, param: String
    ) -> APIError {
        var error = APIError(
            .badRequest,
            "The prompt has \(tokens) tokens, which exceeds the available context size: \(limit) tokens for prompt and answer"
                + " together" + (reason.map { ", \($0)" } ?? "") + "; shorten the prompt.",
            param: param, code: contextCode)
        error.details = ["n_prompt_tokens": .integer(tokens), "n_ctx": .integer(limit)]
        return error
    }

    /// The answer to what the engine refuses or fails to do.
    init(_ error: EngineError) {
        let message = "\(error)".prefix(1).uppercased() + "\(error)".dropFirst() + "."
        switch error {
        case .emptyPrompt, .tokenOutOfRange, .foreignConstraint, .attention, .noPromptScores, .adapterScale,
            .emptyAnswerStart:
            self.init(.badRequest, message, code: "invalid_value")
        case .promptTooLong, .exceedsMemory: self.init(.badRequest, message, code: "context_length_exceeded")
        case .busy(let waiting, _):
            self.init(.tooManyRequests, message, code: "queue_full")
            // Who comes back at once only finds the same queue: the longer it is, the later.
            headers[.retryAfter] = String(min(60, 1 + waiting / 8))
        case .waited:
            self.init(.tooManyRequests, message, code: "queue_timeout")
            headers[.retryAfter] = "30"
        case .keepsNoPrefixes, .keepsClientsApart: self.init(.notImplemented, message, code: "not_supported")
        case .unknownAdapter: self.init(.notFound, message, param: "lora", code: "adapter_not_found")
        case .late: self.init(.gatewayTimeout, message, code: "deadline_exceeded")
        case .stopped: self.init(.serviceUnavailable, message, code: "stopped")
        case .unread: self.init(.requestTimeout, message, code: "unread")
        case .constraint: self.init(.badRequest, message, code: "constraint_too_complex")
        case .notFinite: self.init(.internalServerError, message)
        }
    }
}

extension HTTPResponse.Status {
    /// 507: there is no room for what is to be kept.
    static var diskFull: HTTPResponse.Status { HTTPResponse.Status(code: 507, reasonPhrase: "Insufficient Storage") }
}
