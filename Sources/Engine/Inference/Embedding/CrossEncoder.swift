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

/// A network that reads a query and a document together and scores the pair (Nogueira & Cho 2019).
public final class CrossEncoder: TextReranker, ProfiledModel {
    private let network: EncoderNetwork
    private let head: ScoreHead

    /// The last component of the path.
    public var name: String { network.name }
    /// What is odd about the files without being in the way.
    public var notes: [String] { network.notes }
    /// The most tokens of a pair, those that the model puts around the texts included.
    public let maximumTokens: Int

    /// Loads a folder whose model ends in a score: one label, through a pooled state or a classifier's layers.
    ///
    /// - Parameters:
    ///   - threads: how many compute; nil for as many as the machine runs at once.
    ///   - roundsWeights: whether weights in f32 are rounded to bf16, as in `SentenceEncoder.LoadingOptions`.
    /// - Throws: `CheckpointError`, `ArchitectureError`, `TokenizerError` or `EmbeddingError`, naming file and key.
    public static func load(_ path: String, threads: Int? = nil, roundsWeights: Bool = false) throws -> CrossEncoder {
        try CrossEncoder(path, threads, roundsWeights)
    }

    private init(_ path: String, _ threads: Int?, _ roundsWeights: Bool) throws {
        let checkpoint = try Checkpoint.open(path)
        head = try ScoreHead(checkpoint)
        network = try EncoderNetwork(
            checkpoint, threads: threads, roundsWeights: roundsWeights, otherTensors: head.tensors)
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
        let pairs = documents.map {
            network.tokenizer.frame(query, $0, maximumLength: maximumTokens, cutting: network.truncationSide)
        }
        for (index, pair) in pairs.enumerated() where pair.omitted > 0 && !truncates {
            throw EmbeddingError.tooLong(text: index, tokens: pair.ids.count + pair.omitted, limit: maximumTokens)
        }
        var scores = pairs.map { RelevanceScore(score: 0, tokens: $0.ids.count, omittedTokens: $0.omitted) }
        try network.run(pairs) { index, rows in
            let row = head.readsLast ? rows.last : rows.first
            // Two empty texts in a model without special tokens have no state.
            scores[index].score = head(row.map { Array($0) } ?? [Float](repeating: 0, count: head.inputs))
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

/// The layers between a token's state and the score.
struct ScoreHead: Sendable {
    /// Whether the last token's state is scored rather than the first one's.
    let readsLast: Bool
    /// The names of its tensors in the file.
    let tensors: Set<String>
    private let layers: [DenseLayer]

    /// The channels of the state.
    var inputs: Int { layers.first?.inputs ?? 0 }

    /// Finds the head by the names of its tensors.
    init(_ checkpoint: Checkpoint) throws {
        var names: [(name: String, function: DenseLayer.Function)]
        let pooler = checkpoint.tensors.keys.first { $0.hasSuffix("pooler.dense.weight") }.map {
            String($0.dropLast(7))
        }
        if checkpoint.tensors["score.weight"] != nil {
            names = [("score", .identity)]
        } else if checkpoint.tensors["classifier.out_proj.weight"] != nil {
            names = [("classifier.dense", .tanh), ("classifier.out_proj", .identity)]
        } else if checkpoint.tensors["pre_classifier.weight"] != nil {
            names = [("pre_classifier", .relu), ("classifier", .identity)]
        } else {
            names = (pooler.map { [($0, .tanh)] } ?? []) + [("classifier", .identity)]
        }
        let path = checkpoint.path
        names[names.count - 1].function = try Self.activation(checkpoint)
        layers = try names.map { try DenseLayer($0.name, of: checkpoint, path: path, function: $0.function) }
        readsLast = names[0].name == "score"
        tensors = Set(names.flatMap { ["\($0.name).weight", "\($0.name).bias"] })
        for (layer, next) in zip(layers, layers.dropFirst()) where layer.outputs != next.inputs {
            throw EmbeddingError.model(
                path: path, key: "score head",
                reason: "a layer gives \(layer.outputs) values and the next takes \(next.inputs)")
        }
        guard layers.last?.outputs == 1 else {
            throw EmbeddingError.model(
                path: path, key: "tensor \(names.last?.name ?? "").weight",
                reason: "gives \(layers.last?.outputs ?? 0) labels; a model that reranks has one score")
        }
    }

    /// What is applied to the score: what sentence-transformers has written down, else the logistic function.
    private static func activation(_ checkpoint: Checkpoint) throws -> DenseLayer.Function {
        guard case .huggingFace(let files) = checkpoint.metadata else { return .sigmoid }
        let own = try ModuleFolder(files.folder).json("config_sentence_transformers.json")
        let name =
            files.config["sentence_transformers"]?["activation_fn"]?.stringValue
            ?? files.config["sbert_ce_default_activation_function"]?.stringValue ?? own?["activation_fn"]?.stringValue
        guard let name else { return .sigmoid }
        return try DenseLayer.Function(name, path: checkpoint.path, key: "activation_fn")
    }

    func callAsFunction(_ state: [Float]) -> Float { layers.reduce(state) { $1($0) }.first ?? 0 }
}
