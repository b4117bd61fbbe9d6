/// Why the engine does not work on a request.
public enum EngineError: Error, Sendable, Hashable, CustomStringConvertible {
    /// A prompt without tokens.
    case emptyPrompt
    /// The prompt leaves no room for an answer.
    case promptTooLong(tokens: Int, contextLength: Int)
    /// A token id that the vocabulary does not have.
    case tokenOutOfRange(id: Int32, vocabularySize: Int)
    /// The model computes values that are not numbers.
    case notFinite(model: String)
    /// The engine was shut down.
    case stopped

    /// The whole message.
    public var description: String {
        switch self {
        case .emptyPrompt: "the prompt is empty: at least one token is needed"
        case .promptTooLong(let tokens, let contextLength):
            "the prompt has \(tokens) tokens, but the context holds \(contextLength), answer included: shorten it"
        case .tokenOutOfRange(let id, let size): "token id \(id) is outside the vocabulary of \(size) tokens"
        case .notFinite(let model):
            "\(model) computes values that are not numbers: its file is damaged, or its configuration is wrong"
        case .stopped: "the engine has been shut down"
        }
    }
}
