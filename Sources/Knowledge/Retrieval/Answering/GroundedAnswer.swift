public import Decoding

/// How questions are answered.
public struct AnsweringOptions: Sendable, Hashable {
    /// What is done with the passages.
    public enum Method: String, Sendable, Hashable, CaseIterable {
        /// All of them in one prompt.
        case stuff
        /// Each is asked for itself, and an answer made of what they said.
        case mapReduce = "map-reduce"
        /// An answer from the first is improved with each of the others.
        case refine
        /// The files that they are of are read whole, as many as the context has room for.
        case wholeDocuments = "whole"
    }

    /// What a model does with a question before it is looked for.
    public enum Expansion: String, Sendable, Hashable, CaseIterable {
        /// It is asked in three more ways, and the rankings are fused.
        case multiQuery = "multi-query"
        /// A passage that might answer it is made up, and what lies near to that is looked for too (HyDE).
        case hypothetical = "hyde"
    }

    /// What is done with the passages.
    public var method = Method.stuff
    /// How many passages are read.
    public var passages = 4
    /// What is done with the question before it is looked for; nil for nothing.
    public var expansion: Expansion?
    /// Whether the model itself orders the candidates, by how sure it is that they answer the question.
    public var ranksWithModel = false
    /// How many passages the model orders.
    public var candidates = 12
    /// Whether of each passage only the sentences are read that have to do with the question.
    public var compresses = false
    /// The cosine with the question that such sentences have.
    public var compressionSimilarity: Float = 0.3
    /// Whether the best passages stand first and last, the others between.
    public var putsBestAtEnds = false
    /// How often is searched at the most: where passages do not hold the answer, the model says what to look for next.
    public var rounds = 1
    /// The most tokens of the answer.
    public var maximumTokens = 300
    /// How tokens are chosen.
    public var sampling = SamplingParameters()
    /// The cosine that the best passage must reach, unless the passages have the question's words.
    public var minimumSimilarity: Float = 0.3
    /// The cosine that a sentence of the passages must reach to be quoted where the model's own answer has no support.
    public var quotationSimilarity: Float = 0.5

    /// Always the most likely token, those of the recent text a little less so.
    public init() { (sampling.temperature, sampling.repetitionPenalty) = (0, 1.05) }
}

/// What is reported while a question is answered, in this order.
public enum GroundedEvent: Sendable {
    /// The passages that the answer may cite, the first as 1; once more, with those before them, when more was looked for.
    case passages([RetrievedPassage])
    /// More of the answer, its citations checked.
    case text(String)
    /// The end.
    case finished(GroundedAnswer)
}

/// An answer from documents.
public struct GroundedAnswer: Sendable, Hashable {
    /// The text with citations such as `[2]`.
    public var text = ""
    /// The numbers of the passages that are cited, from 1, ascending.
    public var citations: [Int] = []
    /// How many sentences it has.
    public var sentences = 0
    /// How many of them no passage supports.
    public var unsupported = 0
    /// Whether the documents hold an answer: passages that fit were found, and the model found what was asked in them.
    public var isInDocuments = true
    /// The sentence of the passages that is nearest to the question; it is the answer where no passage supports what the model
    /// said.
    public var quotation: String?
    /// What the model said, if a quotation stands in its place.
    public var withheld: String?
    /// Tokens of all prompts.
    public var promptTokens = 0
    /// Tokens of all answers.
    public var completionTokens = 0
    /// How many times the model was asked.
    public var calls = 0
    /// Seconds for finding passages, and for all.
    public var (searchSeconds, seconds) = (0.0, 0.0)

    public init() {}
}
