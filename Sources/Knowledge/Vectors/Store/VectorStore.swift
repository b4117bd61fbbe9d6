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

    package init(id: String, score: Float, text: String, metadata: [String: MetadataValue]) {
        (self.id, self.score, self.text, self.metadata) = (id, score, text, metadata)
    }
}

/// Some of a store's documents, and what leads to the next ones.
public struct RecordPage: Sendable {
    public var records: [VectorRecord]
    /// What `page` takes to go on; nil at the end.
    public var next: String?

    /// A page.
    public init(records: [VectorRecord], next: String?) { (self.records, self.next) = (records, next) }
}

/// A store of vectors with documents: the embedded one, `VectorCollection`, or a server's.
public protocol VectorStore: Sendable {
    /// Where it is: a folder, or an address without what is secret in it.
    var path: String { get }
    /// What it was made for.
    var settings: CollectionSettings { get }
    /// Whether it finds documents by words.
    var findsWords: Bool { get }
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
    /// The number of documents, or of those that a filter lets through.
    func count(where filter: MetadataFilter?) async throws -> Int
    /// The documents one after another, `count` at a time at most: after those of an earlier page, or from the first for nil.
    func page(after cursor: String?, count: Int) async throws -> RecordPage
    /// Makes the next opening quick, after much has changed.
    func checkpoint() async throws
    /// Lets go of what it holds.
    func close() async throws
}

extension VectorStore {
    /// Whether it finds documents by words: it does.
    public var findsWords: Bool { true }
}
