/// What a collection is made for; it does not change later.
public struct CollectionSettings: Sendable, Hashable, Codable {
    /// How its vectors are found.
    public enum Index: String, Sendable, Codable {
        /// Every vector is looked at.
        case flat
        /// Through a graph.
        case hnsw
    }

    /// The dimension of the vectors.
    public var size: Int
    /// How vectors are compared.
    public var metric: Metric
    /// How they are stored.
    public var encoding: VectorEncoding
    /// How they are found.
    public var index: Index
    /// How the graph is made.
    public var graph: HNSWOptions
    /// The name of what makes the vectors, so that no others get in.
    public var encoder: String?

    /// Cosine over exact vectors with a graph unless told otherwise.
    public init(
        size: Int, metric: Metric = .cosine, encoding: VectorEncoding = .f32, index: Index = .hnsw,
        graph: HNSWOptions = HNSWOptions(), encoder: String? = nil
    ) {
        (self.size, self.metric, self.encoding) = (size, metric, encoding)
        (self.index, self.graph, self.encoder) = (index, graph, encoder)
    }

    /// The largest dimension: sums of products of codes fit 32 bits.
    public static let largestSize = 65_536

    /// The format of rows; an error if these settings make no sense.
    func format() throws(VectorError) -> RowFormat {
        guard (1...Self.largestSize).contains(size) else {
            throw .invalidOption("A vector has 1 to \(Self.largestSize) values, not \(size).")
        }
        guard (2...1024).contains(graph.links), graph.constructionWidth > 0 else {
            throw .invalidOption(
                "A graph has 2 to 1024 links a vector and a width from 1, not \(graph.links) and \(graph.constructionWidth)."
            )
        }
        guard let format = RowFormat(encoding, metric: metric, size: size) else {
            throw .unsuitableMetric(metric, encoding)
        }
        return format
    }

    /// Checks a vector, and makes of it what is stored and asked for: one of length 1 for cosine.
    package func prepared(_ vector: [Float], id: String) throws(VectorError) -> [Float] {
        guard vector.count == size else { throw .wrongDimension(id: id, found: vector.count, expected: size) }
        if let place = vector.firstIndex(where: { !$0.isFinite }) { throw .notFinite(id: id, place: place) }
        if metric == .jaccard, encoding != .binary, let place = vector.firstIndex(where: { $0 < 0 }) {
            throw .negativeValue(id: id, place: place)
        }
        guard metric == .cosine else { return vector }
        var vector = vector
        guard vector.withUnsafeMutableBufferPointer({ RowFormat.normalize($0) }) else { throw .zeroVector(id: id) }
        return vector
    }
}
