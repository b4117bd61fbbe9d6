import Hummingbird
import JSONValues

/// How errors are written: each wire format has a shape that its clients read.
enum ErrorShape: Sendable {
    case openAI, anthropic, ollama

    /// The shape that clients of a path expect.
    init(path: String) {
        let parts = path.split(separator: "/")
        if parts.first == "api" {
            self = .ollama
        } else if parts.starts(with: ["v1", "messages"]) {
            self = .anthropic
        } else {
            self = .openAI
        }
    }

    func json(_ error: APIError) -> JSON {
        switch self {
        case .openAI: error.json
        case .ollama: ["error": .string(error.message)]
        case .anthropic:
            [
                "type": "error",
                "error": ["type": .string(Self.anthropicType(error.status)), "message": .string(error.message)],
            ]
        }
    }

    func response(_ error: APIError) -> Response {
        var response = Response(status: error.status, json: json(error))
        response.headers.append(contentsOf: error.headers)
        return response
    }

    private static func anthropicType(_ status: HTTPResponse.Status) -> String {
        switch status.code {
        case 401: "authentication_error"
        case 403: "permission_error"
        case 404: "not_found_error"
        case 413: "request_too_large"
        case 429: "rate_limit_error"
        case 503, 529: "overloaded_error"
        case 500...: "api_error"
        default: "invalid_request_error"
        }
    }
}
