import Tensors
import Tokenization

/// Why a model cannot guess for another one.
public enum DraftModelError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Their tokens are not the same.
    case otherTokens(draft: String, model: String, difference: String)
    /// One of them cannot take back what it has read.
    case cannotGoBack(model: String, reason: String)
    /// An engine has the draft model already.
    case taken(draft: String)

    /// The whole message.
    public var description: String {
        switch self {
        case .otherTokens(let draft, let model, let difference):
            "\(draft) cannot guess for \(model): \(difference); a draft model has the tokenizer of the model that it is for"
        case .cannotGoBack(let model, let reason):
            "\(model) \(reason), so that wrong guesses could not be taken back: it works without a draft model only"
        case .taken(let draft): "\(draft) is in use by another engine: load it once more for this one"
        }
    }
}

extension LanguageModel {
    /// Checks that a smaller model can guess for this one.
    func check(draft: LanguageModel) throws(DraftModelError) {
        for model in [self, draft] {
            let layout = CacheLayout(layers: model.spec.cacheLayers, type: model.cacheType)
            let reason: String? =
                if model.spec.source != nil {
                    "answers source texts"
                } else if model.spec.reservedLength(1) != nil {
                    "turns positions by the length of a text"
                } else if !layout.keepsEverything {
                    "keeps states or lets go of what is out of sight"
                } else { nil }
            if let reason { throw .cannotGoBack(model: model.name, reason: reason) }
        }
        if let difference = tokenizer.difference(from: draft.tokenizer) {
            throw .otherTokens(draft: draft.name, model: name, difference: difference)
        }
    }
}

extension Tokenizer {
    /// What tells the tokens of two tokenizers apart; nil if there are none but some that one has behind all of the other.
    fileprivate func difference(from other: Tokenizer) -> String? {
        let count = min(vocabularySize, other.vocabularySize)
        // Tables are filled up to a multiple of something.
        guard abs(vocabularySize - other.vocabularySize) <= count / 16 else {
            return "it has \(other.vocabularySize) tokens, not \(vocabularySize)"
        }
        for id in 0..<Int32(count) where bytes(of: id) != other.bytes(of: id) {
            func text(_ tokenizer: Tokenizer) -> String { String(decoding: tokenizer.bytes(of: id), as: UTF8.self) }
            return "its token \(id) is \"\(text(other))\", not \"\(text(self))\""
        }
        return nil
    }
}
