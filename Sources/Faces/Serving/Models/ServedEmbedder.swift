public import Inference
import Synchronization

/// A model that embeds texts, under the name by which requests ask for it.
public struct ServedEmbedder: Sendable {
    /// The name.
    public let id: String
    /// When the model's file was made, in seconds since 1970.
    public let created: Int
    let embedder: any TextEmbedder
    let turns = ComputingTurns()
    private let board = EmbeddingBoard()

    /// What has been embedded so far.
    var work: EmbeddingWork { board.state.withLock(\.self) }

    /// Offers an embedder.
    public init(id: String, created: Int, embedder: any TextEmbedder) {
        self.id = id
        self.created = created
        self.embedder = embedder
    }

    /// The vectors of texts. Several calls take turns; cancelling the task ends it before the next piece.
    func embed(_ inputs: [EmbeddingInput], options: EmbeddingOptions) async throws -> [Embedding] {
        let embedder = embedder
        var embeddings = [Embedding?](repeating: nil, count: inputs.count)
        for piece in ComputingTurns.pieces(inputs.map(\.byteCount)) {
            let texts = piece.map { inputs[$0] }
            let part = try await turns.take {
                try EmbeddingError.renumbering(piece) { try embedder.embed(texts, options: options) }
            }
            board.state.withLock { work in
                work.passes += 1
                work.texts += part.count
                work.tokens += part.reduce(0) { $0 + $1.tokens }
            }
            for (index, embedding) in zip(piece, part) { embeddings[index] = embedding }
        }
        return embeddings.compactMap(\.self)
    }
}

/// How much an embedder has done.
struct EmbeddingWork: Sendable {
    var passes = 0
    var texts = 0
    var tokens = 0
}

private final class EmbeddingBoard: Sendable {
    let state = Mutex(EmbeddingWork())
}

/// A model that scores documents for a query, under the name by which requests ask for it.
public struct ServedReranker: Sendable {
    /// The name.
    public let id: String
    /// When the model's file was made, in seconds since 1970.
    public let created: Int
    let reranker: any TextReranker
    private let turns = ComputingTurns()

    /// Offers a reranker.
    public init(id: String, created: Int, reranker: any TextReranker) {
        self.id = id
        self.created = created
        self.reranker = reranker
    }

    /// The documents' numbers and scores, best first. Several calls take turns; cancelling the task ends it before the next
    /// piece.
    func ranking(
        query: String, documents: [String], truncates: Bool
    ) async throws -> [(index: Int, score: RelevanceScore)] {
        let reranker = reranker
        var ranking: [(index: Int, score: RelevanceScore)] = []
        for piece in ComputingTurns.pieces(documents.map { query.utf8.count + $0.utf8.count }) {
            let texts = piece.map { documents[$0] }
            let part = try await turns.take {
                try EmbeddingError.renumbering(piece) {
                    try reranker.scores(query: query, documents: texts, truncates: truncates)
                }
            }
            ranking += zip(piece, part).map { (index: $0, score: $1) }
        }
        return ranking.sorted { ($1.score.score, $0.index) < ($0.score.score, $1.index) }
    }
}

extension EmbeddingInput {
    /// About the bytes of the text.
    fileprivate var byteCount: Int {
        switch self {
        case .text(let text): text.utf8.count
        case .tokens(let tokens): 4 * tokens.count
        }
    }
}

extension EmbeddingError {
    /// Runs `body` on a piece of some texts; errors name the text by its number among all.
    fileprivate static func renumbering<Value>(_ piece: [Int], _ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch EmbeddingError.tooLong(let text, let tokens, let limit) where piece.indices.contains(text) {
            throw EmbeddingError.tooLong(text: piece[text], tokens: tokens, limit: limit)
        }
    }
}
