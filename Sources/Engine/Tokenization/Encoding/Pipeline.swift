/// What every tokenizer file is compiled to: the steps from text to tokens and back.
///
/// A class so that copies of a tokenizer share it; nothing in it changes once it is made.
final class Pipeline: Sendable {
    let vocabulary: Vocabulary
    let model: TokenModel
    let normalizer: Normalizer?
    let preTokenizer: PreTokenizer?
    let postProcessor: PostProcessor
    let decoder: [DecoderStep]
    let specialTokens: SpecialTokens
    let endOfGenerationTokens: Set<Int32>
    /// Tokens that are never written into text where special tokens are skipped.
    let specialIDs: Set<Int32>
    /// Added tokens that are searched in the text as it is, and those that are searched in the normalized text.
    let originalMatcher: AddedTokenMatcher
    let normalizedMatcher: AddedTokenMatcher
    /// Whether it matters where in the original the normalized text begins.
    let mindsStart: Bool
    let scratch = Reusable { TokenModel.Scratch() }

    init(_ parts: PipelineParts) {
        vocabulary = parts.vocabulary
        model = parts.model
        normalizer = parts.normalizer?.optimized
        preTokenizer = parts.preTokenizer
        postProcessor = parts.postProcessor
        decoder = parts.decoder
        specialTokens = parts.specialTokens
        endOfGenerationTokens = parts.endOfGenerationTokens
        mindsStart = parts.normalizer != nil && parts.preTokenizer?.mindsStart == true
        specialIDs = Set(parts.addedTokens.filter(\.isSpecial).map(\.id))
        originalMatcher = AddedTokenMatcher(parts.addedTokens.filter { !$0.isNormalized })
        normalizedMatcher = AddedTokenMatcher(
            parts.addedTokens.filter(\.isNormalized).map { token in
                var token = token
                if let normalizer = parts.normalizer {
                    var text = token.content.withUnsafeBufferPointer {
                        AlignedText($0, range: 0..<$0.count, tracksOrigins: false)
                    }
                    normalizer.apply(to: &text)
                    token.content = text.bytes
                }
                return token
            })
    }
}

/// A pipeline while a file is being read.
struct PipelineParts {
    var vocabulary: Vocabulary
    var model: TokenModel
    var normalizer: Normalizer?
    var preTokenizer: PreTokenizer?
    var postProcessor = PostProcessor()
    var decoder: [DecoderStep] = []
    var addedTokens: [AddedToken] = []
    var specialTokens = SpecialTokens()
    var endOfGenerationTokens: Set<Int32> = []

    init(vocabulary: Vocabulary, model: TokenModel) {
        self.vocabulary = vocabulary
        self.model = model
    }
}

/// What is put around the tokens of a text, and how their ranges are trimmed.
struct PostProcessor: Sendable, Hashable {
    /// A place in the frame around two texts, and the type of the tokens there.
    enum PairPart: Sendable, Hashable {
        case first(type: Int32)
        case second(type: Int32)
        case token(Int32, type: Int32)
    }

    var prefix: [Int32] = []
    var suffix: [Int32] = []
    /// The frame around two texts that are read together; nil if the file says nothing about pairs.
    var pair: [PairPart]?
    /// Whether spaces at the ends of a token are left out of its range.
    var trimsOffsets = false
    /// Whether the first space of the text stays in its token's range all the same.
    var keepsFirstSpace = false
}
