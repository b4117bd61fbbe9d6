/// What turns texts into vectors whose nearness is that of their meanings.
///
/// ```swift
/// let embedder: any TextEmbedder = try SentenceEncoder.load("all-MiniLM-L6-v2")
/// let vectors = try embedder.embed(["A cat on a mat.", "A feline on a rug."])
/// let nearness = embedder.similarity(vectors[0], vectors[1])
/// ```
public protocol TextEmbedder: Sendable {
    /// The name of the model.
    var name: String { get }
    /// What is odd about the model's files without being in the way, in sentences for people.
    var notes: [String] { get }
    /// The length of the vectors.
    var dimensions: Int { get }
    /// The most tokens that a text may have; nil if there is no limit.
    var maximumTokens: Int? { get }
    /// How vectors of this model are meant to be compared.
    var similarity: Similarity { get }
    /// The texts that may be put before others, by their names, such as `query` and `passage`.
    var prompts: [String: String] { get }

    /// The number of tokens of a text as this model reads it, without those that it puts around texts.
    func tokenCount(of text: String) -> Int

    /// Embeds all inputs, several in each pass.
    ///
    /// - Throws: `EmbeddingError`.
    func embed(_ inputs: [EmbeddingInput], options: EmbeddingOptions) throws -> [Embedding]
}

extension TextEmbedder {
    /// Nothing, where a model does not say.
    public var notes: [String] { [] }

    /// The texts that may be put before others: none.
    public var prompts: [String: String] { [:] }

    /// The number of words.
    public func tokenCount(of text: String) -> Int { text.split(whereSeparator: \.isWhitespace).count }

    /// The vectors of texts, each `dimensions` long; what is beyond `maximumTokens` of a text does not count.
    public func embed(_ texts: [String]) throws -> [[Float]] {
        try embed(texts.map(EmbeddingInput.text), options: EmbeddingOptions()).map(\.vector)
    }
}

/// What is embedded.
public enum EmbeddingInput: Sendable, Hashable {
    case text(String)
    /// The tokens of a text, without those that the model puts around it.
    case tokens([Int32])
}

/// How texts are embedded.
public struct EmbeddingOptions: Sendable, Hashable {
    /// A text that is put before each one, or the name of one of the model's prompts.
    public enum Prompt: Sendable, Hashable {
        /// The model's default, mostly none.
        case usual
        /// One of the model's prompts.
        case named(String)
        /// The text itself; empty for none.
        case text(String)
    }

    /// Whether what is beyond the model's limit is left out of a text, which the result tells; otherwise it is an error.
    public var truncates = true
    /// What is put before each text.
    public var prompt = Prompt.usual
    /// Whether vectors are brought to length 1; nil for what the model says.
    public var normalizes: Bool?
    /// How many dimensions to keep, for models whose first ones can stand alone (Kusupati et al. 2022); nil for all.
    public var dimensions: Int?

    public init() {}
}

/// A vector of a text.
public struct Embedding: Sendable, Hashable {
    public var vector: [Float]
    /// How many tokens it was made of; words for word vectors.
    public var tokens: Int
    /// How many tokens were left out because the text was too long.
    public var omittedTokens = 0
    /// How many words were left out because the model does not know them.
    public var unknownWords = 0

    public init(vector: [Float], tokens: Int) {
        self.vector = vector
        self.tokens = tokens
    }

    /// Cuts and normalizes as the options say; `isUnit` tells whether the model brings vectors to length 1.
    mutating func finish(_ options: EmbeddingOptions, isUnit: Bool) {
        if let dimensions = options.dimensions, dimensions < vector.count {
            vector.removeSubrange(dimensions...)
        }
        let isCut = options.dimensions != nil
        if options.normalizes ?? (isUnit && isCut) { Similarity.normalize(&vector) }
    }
}

/// Why texts cannot be embedded or compared.
public enum EmbeddingError: Error, Sendable, Hashable, CustomStringConvertible {
    /// A text has too many tokens.
    case tooLong(text: Int, tokens: Int, limit: Int)
    /// A token id is not in the vocabulary.
    case tokenOutOfRange(id: Int32, vocabularySize: Int)
    /// Token ids were given to a model of words.
    case noTokens(model: String)
    /// There is no prompt of that name.
    case unknownPrompt(String, known: [String])
    /// The model has fewer dimensions than were asked for, or less than one was.
    case dimensions(Int, available: Int)
    /// The model's values are no numbers any more.
    case notFinite(model: String)
    /// The file holds no vector for a word.
    case unknownWord(String)
    /// Something in a model's folder cannot be used.
    case model(path: String, key: String, reason: String)

    /// What is wrong and what to do about it.
    public var description: String {
        switch self {
        case .tooLong(let text, let tokens, let limit):
            "text \(text + 1) has \(tokens) tokens and the model reads \(limit); shorten it, or allow it to be cut"
        case .tokenOutOfRange(let id, let size): "the token \(id) is not among the \(size) of the model's vocabulary"
        case .noTokens(let model): "\(model) is made of words and has no token ids; give it text"
        case .unknownPrompt(let name, let known):
            known.isEmpty
                ? "there is no prompt \"\(name)\": the model has none"
                : "there is no prompt \"\(name)\"; the model has \(known.joined(separator: ", "))"
        case .dimensions(let wanted, let available):
            "\(wanted) dimensions were asked for, and the model has \(available); ask for 1 to \(available)"
        case .notFinite(let model):
            "\(model) computed a vector that is not finite; its weights may be damaged, download it again"
        case .unknownWord(let word): "\"\(word)\" is not among the words of the model; check its spelling and case"
        case .model(let path, let key, let reason): "\(path): \(key): \(reason)"
        }
    }
}

extension TextEmbedder {
    /// Checks options against what the model has.
    func check(_ options: EmbeddingOptions) throws(EmbeddingError) {
        if let wanted = options.dimensions, !(1...dimensions).contains(wanted) {
            throw .dimensions(wanted, available: dimensions)
        }
    }

    /// The text to put before each input.
    func promptText(_ prompt: EmbeddingOptions.Prompt, usual: String?) throws(EmbeddingError) -> String {
        switch prompt {
        case .usual: return usual ?? ""
        case .text(let text): return text
        case .named(let name):
            guard let text = prompts[name] else { throw .unknownPrompt(name, known: prompts.keys.sorted()) }
            return text
        }
    }
}
