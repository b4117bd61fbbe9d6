/// A document, or a passage of one, with its vector.
public struct VectorRecord: Sendable, Hashable {
    /// What it is called; adding another with the same id replaces it.
    public var id: String
    public var vector: [Float]
    /// Its text, which keyword search looks at.
    public var text: String
    /// What filters look at.
    public var metadata: [String: MetadataValue]
    /// A learned weighting of words beside the vector.
    public var sparse: SparseVector?

    /// A record.
    public init(
        id: String, vector: [Float], text: String = "", metadata: [String: MetadataValue] = [:],
        sparse: SparseVector? = nil
    ) {
        (self.id, self.vector, self.text, self.metadata, self.sparse) = (id, vector, text, metadata, sparse)
    }
}

/// What to look for. At least one of `vector`, `words` and `sparse`; the rankings of several are fused.
public struct VectorQuery: Sendable, Hashable {
    /// Near to this vector.
    public var vector: [Float]?
    /// With these words (BM25).
    public var words: String?
    /// With these learned weights of words (dot product).
    public var sparse: SparseVector?
    /// How many results.
    public var count: Int
    /// Which documents may be found.
    public var filter: MetadataFilter?
    /// The candidates that the graph keeps: more find the nearest more surely, and take longer.
    public var width: Int

    /// A query for the 10 best of all documents unless told otherwise.
    public init(
        vector: [Float]? = nil, words: String? = nil, sparse: SparseVector? = nil, count: Int = 10,
        filter: MetadataFilter? = nil, width: Int = 64
    ) {
        (self.vector, self.words, self.sparse) = (vector, words, sparse)
        (self.count, self.filter, self.width) = (count, filter, width)
    }
}

/// A document that was found.
public struct SearchHit: Sendable, Hashable {
    public let id: String
    /// How well it fits; the larger, the better: the similarity of the metric for vectors alone, BM25 for words alone, the
    /// dot product for sparse vectors alone, and the sum of reciprocal ranks for several.
    public let score: Float
    public let text: String
    public let metadata: [String: MetadataValue]
}

/// A store of vectors with documents: the embedded one, `VectorCollection`, or a server's.
public protocol VectorStore: Sendable {
    /// Adds documents, or replaces those with the same ids; all of them or, if an error is thrown, none.
    func upsert(_ records: [VectorRecord]) async throws
    /// Removes documents; returns how many there were.
    @discardableResult func delete(ids: [String]) async throws -> Int
    /// Removes the documents that a filter lets through; returns how many.
    @discardableResult func delete(where filter: MetadataFilter) async throws -> Int
    /// The documents of these ids that there are, in the order asked for, with their vectors as they are stored.
    func records(ids: [String]) async throws -> [VectorRecord]
    /// The best documents for a query, best first.
    func search(_ query: VectorQuery) async throws -> [SearchHit]
    /// The number of documents.
    func count(where filter: MetadataFilter?) async throws -> Int
}
