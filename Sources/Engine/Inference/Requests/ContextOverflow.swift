/// What happens where prompt and answer do not fit the context.
public enum ContextOverflow: Sendable, Hashable {
    /// A prompt that leaves no room is refused; an answer ends where the context is full.
    case error
    /// The prompt loses its middle: the first `keeping` tokens stay, and the last ones, with room for the answer.
    case truncate(keeping: Int)
    /// The same; and where an answer fills the context, half of what is behind the first `keeping` tokens is forgotten, as often
    /// as needed. What stays is read again, so that it is what a fresh text would be. An answer without a limit of its own may have
    /// as many tokens as the context.
    case shift(keeping: Int)

    /// The tokens at the beginning that stay; nil where nothing may be left out.
    var keeping: Int? {
        switch self {
        case .error: nil
        case .truncate(let count), .shift(let count): max(0, count)
        }
    }
}

extension GenerationRequest {
    /// The request with a prompt that leaves room for its answer, where it says that tokens may be left out; and how many were.
    func fitted(to contextLength: Int) -> (request: GenerationRequest, omitted: Int) {
        guard let keeping = overflow.keeping, contextLength > 1 else { return (self, 0) }
        // A quarter of the context is left for an answer, unless a shorter one is asked for.
        let room = max(1, min(maximumTokens ?? .max, contextLength / 4))
        let limit = contextLength - room
        guard prompt.count > limit else { return (self, 0) }
        let kept = min(keeping, limit / 2)
        var request = self
        request.prompt = Array(prompt.prefix(kept) + prompt.suffix(limit - kept))
        return (request, prompt.count - limit)
    }
}
