import Agents
import Evaluation
import WebClient

/// What an evaluation makes of the errors of servers.
enum HostedFailure {
    /// Errors that may pass, or that concern one question, leave that question unanswered; a key that is refused or a path that is not
    /// there concerns all of them.
    static func evaluationError(_ error: any Error, at name: String) -> any Error {
        switch error {
        case let error as HTTPError:
            switch error {
            case .invalidRequest: EvaluationError(.model, at: name, error.description)
            case .status(_, 401, _, _), .status(_, 403, _, _): EvaluationError(.model, at: name, error.description)
            case .status(_, 404, _, _), .status(_, 405, _, _):
                EvaluationError(
                    .model, at: name, error.description,
                    remedy: "is the address right, as in http://host/v1#NAME, and does the server have such a model "
                        + "and way of asking (--api chat, --api completions)?")
            default: EvaluationError(.unanswered, at: name, error.description)
            }
        case let error as HTTPFailure: EvaluationError(.unanswered, at: name, error.description)
        case let error as ModelError: EvaluationError(.unanswered, at: name, error.description)
        default: error
        }
    }
}
