/// Why a loaded model cannot do what was asked.
public enum InferenceError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The model has no chat template.
    case noChatTemplate(model: String)
    /// The model's chat template does not parse.
    case brokenChatTemplate(model: String, reason: String)
    /// The model reads texts and does not continue them.
    case notALanguageModel(model: String, family: String)

    /// What is wrong and what to do about it.
    public var description: String {
        switch self {
        case .noChatTemplate(let model):
            "\(model) has no chat template, so it cannot hold a conversation; give it one (--chat-template FILE), or let it continue plain "
                + "text instead (run --raw, or POST /v1/completions)"
        case .brokenChatTemplate(let model, let reason):
            "the chat template of \(model) does not parse: \(reason); give another one (--chat-template FILE), or let the "
                + "model continue plain text (run --raw, or POST /v1/completions)"
        case .notALanguageModel(let model, let family):
            "\(model) (\(family)) is an encoder, which does not continue texts; use it with embed, similar or rerank"
        }
    }
}
