/// Why the engine does not work on a request.
public enum EngineError: Error, Sendable, Hashable, CustomStringConvertible {
    /// A prompt without tokens.
    case emptyPrompt
    /// The prompt leaves no room for an answer.
    case promptTooLong(tokens: Int, contextLength: Int)
    /// The prompt's keys and values take more than the memory that the engine may use for them, both in bytes.
    case exceedsMemory(tokens: Int, bytes: Int, memory: Int)
    /// The tokens of a prompt were to be scored by a model that reads it as a source text.
    case noPromptScores
    /// A token id that the vocabulary does not have.
    case tokenOutOfRange(id: Int32, vocabularySize: Int)
    /// As many requests wait as may.
    case busy(waiting: Int, limit: Int)
    /// The request has waited for as long as it may.
    case waited(seconds: Double)
    /// The request's deadline has passed.
    case late
    /// Nobody has read the answer's events for so long that its memory was needed more elsewhere.
    case unread(events: Int, seconds: Double)
    /// The request's constraint is for another vocabulary.
    case foreignConstraint(tokens: Int, vocabularySize: Int)
    /// The request's attention controls mean nothing here.
    case attention(String)
    /// The answer could not be kept within its constraint.
    case constraint(String)
    /// The model computes values that are not numbers.
    case notFinite(model: String)
    /// The engine has no adapter of that name.
    case unknownAdapter(String, known: [String])
    /// An adapter's scale, or the sum of those that a request gives it, is not finite.
    case adapterScale(String)
    /// The answer to a source text was to begin with no token at all.
    case emptyAnswerStart
    /// Beginnings of texts belong to clients that are kept apart, so that none are kept on the disk.
    case keepsClientsApart
    /// The model's texts cannot be taken up page by page, so that none are kept on the disk.
    case keepsNoPrefixes
    /// The engine was shut down.
    case stopped

    /// The whole message.
    public var description: String {
        switch self {
        case .emptyPrompt: "the prompt is empty: at least one token is needed"
        case .promptTooLong(let tokens, let contextLength):
            "the prompt has \(tokens) tokens, but the context holds \(contextLength), answer included: shorten it"
        case .exceedsMemory(let tokens, let bytes, let memory):
            "the prompt of \(tokens) tokens takes \(Self.mebibytes(bytes)) MiB of keys and values, but there are only "
                + "\(Self.mebibytes(memory)) MiB for them: shorten it, allow more memory for the cache, or keep it in a smaller type"
        case .noPromptScores:
            "this model answers a source text, whose own tokens have no scores: ask for those of the answer only"
        case .tokenOutOfRange(let id, let size): "token id \(id) is outside the vocabulary of \(size) tokens"
        case .busy(let waiting, let limit):
            "\(waiting) requests wait already, and no more than \(limit) may: try again in a moment"
        case .unknownAdapter(let name, let known):
            "there is no adapter \"\(name)\"" + (known.isEmpty ? "" : "; there are: " + known.joined(separator: ", "))
        case .adapterScale(let name): "the scale of the adapter \"\(name)\" is not finite: give it a number"
        case .emptyAnswerStart:
            "the answer to a source text begins with no token: give it at least one, or none to begin as the model says"
        case .keepsClientsApart:
            "clients are kept apart here, and so are the beginnings of their texts: they cannot be saved, restored or forgotten"
        case .keepsNoPrefixes:
            "this model keeps states, lets go of what is out of sight, or turns positions by the length of a text: beginnings of "
                + "its texts cannot be saved"
        case .waited(let seconds): "the request has waited for \(Int(seconds)) seconds: try again later"
        case .late: "the answer was not complete when its time was over"
        case .unread(let events, let seconds):
            "\(events) events have not been read for \(Int(seconds)) seconds: read the answer as it comes"
        case .foreignConstraint(let tokens, let size):
            "the constraint is for a vocabulary of \(tokens) tokens, and the model has \(size): make it with this model"
        case .attention(let reason): "the weights of attention cannot be changed so: \(reason)"
        case .constraint(let reason): "the answer cannot be kept within its constraint: \(reason)"
        case .notFinite(let model):
            "\(model) computes values that are not numbers: its file is damaged, or its configuration is wrong"
        case .stopped: "the engine has been shut down"
        }
    }

    private static func mebibytes(_ bytes: Int) -> String {
        let tenths = (bytes >> 10) * 10 / 1024
        return tenths < 100 ? "\(tenths / 10).\(tenths % 10)" : String(tenths / 10)
    }
}
