import Checkpoints
import JSONValues
import Tokenization

/// How well a document answers a query, as a cross-encoder says.
public struct RelevanceScore: Sendable, Hashable {
    /// The score; larger is better.
    public var score: Float
    /// How many tokens the query and the document have together.
    public var tokens: Int
    /// How many tokens were left out because they were too long together.
    public var omittedTokens: Int

    public init(score: Float, tokens: Int, omittedTokens: Int = 0) {
        self.score = score
        self.tokens = tokens
        self.omittedTokens = omittedTokens
    }
}

/// What scores documents by how well they answer a query.
public protocol TextReranker: Sendable {
    /// The name of the model.
    var name: String { get }
    /// What is odd about the model's files without being in the way, in sentences for people.
    var notes: [String] { get }
    /// The most tokens of a pair of texts.
    var maximumTokens: Int { get }
    /// Scores each document.
    ///
    /// - Parameter truncates: whether texts may be cut, which the result tells; otherwise it is an error.
    /// - Throws: `EmbeddingError`.
    func scores(query: String, documents: [String], truncates: Bool) throws -> [RelevanceScore]
}

/// A network that reads a query and a document together and scores the pair (Nogueira & Cho 2019): an encoder with a head, or
/// a language model that is asked for a yes or a no.
public final class CrossEncoder: TextReranker, ProfiledModel {
    private let network: EncoderNetwork
    private let head: ScoreHead
    /// How the pair is put to a language model; nil for encoders.
    private let question: RelevanceQuestion?

    /// The last component of the path.
    public var name: String { network.name }
    /// What is odd about the files without being in the way.
    public var notes: [String] { network.notes }
    /// The most tokens of a pair, those that the model puts around the texts included.
    public let maximumTokens: Int

    /// Loads a folder whose model ends in a score: one label, through a pooled state or a classifier's layers; or a language
    /// model, whose score is the probability of "yes".
    ///
    /// - Parameters:
    ///   - instruction: what makes a document answer a query, for language models; nil for what they were trained with.
    ///   - threads: how many compute; nil for as many as the machine runs at once.
    ///   - roundsWeights: whether weights in f32 are rounded to bf16, as in `SentenceEncoder.LoadingOptions`.
    /// - Throws: `CheckpointError`, `ArchitectureError`, `TokenizerError` or `EmbeddingError`, naming file and key.
    public static func load(
        _ path: String, instruction: String? = nil, threads: Int? = nil, roundsWeights: Bool = false
    ) throws -> CrossEncoder {
        try CrossEncoder(path, instruction, threads, roundsWeights)
    }

    private init(_ path: String, _ instruction: String?, _ threads: Int?, _ roundsWeights: Bool) throws {
        let checkpoint = try Checkpoint.open(path)
        if try checkpoint.isClassifier {
            (head, question) = (try ScoreHead(checkpoint), nil)
            network = try EncoderNetwork(
                checkpoint, threads: threads, roundsWeights: roundsWeights, otherTensors: head.tensors)
        } else {
            network = try EncoderNetwork(checkpoint, threads: threads, roundsWeights: roundsWeights)
            let question = try RelevanceQuestion(network.tokenizer, folder: path, instruction: instruction)
            (head, self.question) = (try ScoreHead(checkpoint, of: question), question)
        }
        guard head.inputs == network.spec.hiddenSize else {
            throw EmbeddingError.model(
                path: path, key: "score head",
                reason: "takes \(head.inputs) values, but the network's states have \(network.spec.hiddenSize)")
        }
        let limit = try ModuleFolder(path).json("sentence_bert_config.json")?["max_seq_length"]?.intValue ?? .max
        maximumTokens = max(min(limit, network.maximumTokens), 1)
    }

    /// Measures the network's matrices.
    package func profileProjections(tokens: [Int], seconds: Double) -> [ProjectionProfile] {
        network.profileProjections(tokens: tokens, seconds: seconds)
    }

    /// Scores each document, several in each pass; of texts that are too long together the longer one is cut.
    ///
    /// - Parameter truncates: whether texts may be cut, which the result tells; otherwise it is an error.
    /// - Throws: `EmbeddingError`.
    public func scores(query: String, documents: [String], truncates: Bool = true) throws -> [RelevanceScore] {
        let pairs = documents.map { document in
            question?.frame(query, document, maximumLength: maximumTokens)
                ?? network.tokenizer.frame(
                    query, document, maximumLength: maximumTokens, cutting: network.truncationSide)
        }
        for (index, pair) in pairs.enumerated() where pair.omitted > 0 && !truncates {
            throw EmbeddingError.tooLong(text: index, tokens: pair.ids.count + pair.omitted, limit: maximumTokens)
        }
        var scores = pairs.map { RelevanceScore(score: 0, tokens: $0.ids.count, omittedTokens: $0.omitted) }
        try network.run(pairs) { index, rows in
            scores[index].score = head.score(rows)
        }
        guard scores.allSatisfy(\.score.isFinite) else { throw EmbeddingError.notFinite(model: name) }
        return scores
    }
}

extension TextReranker {
    /// Nothing, where a model does not say.
    public var notes: [String] { [] }

    /// The documents' numbers and scores, best first.
    public func ranking(
        query: String, documents: [String], truncates: Bool = true
    ) throws -> [(index: Int, score: RelevanceScore)] {
        try scores(query: query, documents: documents, truncates: truncates).enumerated()
            .map { (index: $0, score: $1) }
            .sorted { ($1.score.score, $0.index) < ($0.score.score, $1.index) }
    }
}
