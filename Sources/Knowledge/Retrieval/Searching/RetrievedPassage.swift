import Vectors

/// A passage that was found.
public struct RetrievedPassage: Sendable, Hashable {
    /// Its id in the collection.
    public var id: String
    /// How well it fits what was asked; the larger, the better. What it measures depends on the query: BM25, cosine, reciprocal
    /// ranks, or the reranker's score.
    public var score: Float
    /// The file that it is from.
    public var path: String
    /// Where it is in the file, such as `page 3` or `lines 12-20, Fees`.
    public var location: String
    /// The text, and what belongs around it if that was asked for.
    public var text: String
    /// Its number in the file, from 0.
    public var number: Int
    /// The passages that belong around it.
    public var context: ClosedRange<Int>

    init(id: String, text: String, metadata: [String: MetadataValue], score: Float) {
        func string(_ field: String) -> String {
            if case .text(let text)? = metadata[field] { text } else { "" }
        }
        func number(_ field: String) -> Int {
            if case .number(let value)? = metadata[field] { Int(exactly: value) ?? 0 } else { 0 }
        }
        (self.id, self.text, self.score) = (id, text, score)
        (path, location) = (string("path"), string("location"))
        self.number = number("number")
        context = min(number("from"), number("through"))...max(number("from"), number("through"))
    }

    init(_ hit: SearchHit) { self.init(id: hit.id, text: hit.text, metadata: hit.metadata, score: hit.score) }
}

/// What to look for in a collection, and how.
public struct RetrievalQuery: Sendable, Hashable {
    /// How passages are found.
    public enum Method: String, Sendable, Hashable, CaseIterable {
        /// By meaning: the nearest vectors.
        case dense
        /// By words: BM25.
        case keywords
        /// By both, their rankings fused.
        case hybrid
    }

    /// What is asked.
    public var text: String
    /// The same in other words: each is looked for by itself, and the rankings fused.
    public var alternatives: [String] = []
    /// A passage that might answer what is asked, made up: by meaning, what lies near to it is looked for too (HyDE,
    /// arXiv:2212.10496).
    public var hypotheticalPassage: String?
    /// How many passages.
    public var count: Int
    /// How they are found.
    public var method: Method
    /// From 0 to 1, how much relevance counts against difference from the passages chosen before (maximal marginal relevance);
    /// nil takes the most relevant.
    public var diversity: Float?
    /// Whether what belongs around a passage comes with it: its neighbours, or the large passage that it is of. Passages that
    /// share it become one.
    public var expands = false
    /// How many passages a reranker reads.
    public var candidates = 30
    /// Only files whose path begins so.
    public var pathPrefix: String?

    /// A query for 10 passages by meaning and words, unless told otherwise.
    public init(_ text: String, count: Int = 10, method: Method = .hybrid) {
        (self.text, self.count, self.method) = (text, count, method)
    }
}
