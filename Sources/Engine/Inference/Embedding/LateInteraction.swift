/// Orders documents by late interaction (ColBERT, arXiv:2004.12832): each token of the query is compared with each of a document,
/// the nearest one counts (MaxSim), and the mean over the query's tokens is the score, the cosine where all tokens agree.
///
/// Any sentence encoder will do; those that were trained for it are the better ones. What models put around texts does not count.
public struct LateInteractionReranker: TextReranker {
    private let encoder: SentenceEncoder

    /// Compares the token vectors of an encoder.
    public init(_ encoder: SentenceEncoder) { self.encoder = encoder }

    /// The encoder's.
    public var name: String { encoder.name }
    /// The most tokens of one text.
    public var maximumTokens: Int { encoder.tokenLimit }

    /// Scores each document, from -1 to 1.
    ///
    /// - Throws: `EmbeddingError`.
    public func scores(query: String, documents: [String], truncates: Bool) throws -> [RelevanceScore] {
        let asked = try encoder.tokenVectors(of: [query], prompts: ["query"], truncates: truncates)[0]
        let texts = try encoder.tokenVectors(of: documents, prompts: ["passage", "document"], truncates: truncates)
        return texts.map { text in
            RelevanceScore(
                score: Self.similarity(asked.vectors, text.vectors), tokens: asked.vectors.count + text.vectors.count,
                omittedTokens: text.omittedTokens)
        }
    }

    /// The mean over the first vectors of the largest dot product with one of the others; -1 if there are none.
    package static func similarity(_ query: [[Float]], _ document: [[Float]]) -> Float {
        guard !query.isEmpty, !document.isEmpty else { return -1 }
        let sum = query.reduce(Float(0)) { sum, token in
            sum + document.reduce(-Float.infinity) { max($0, Self.dot(token, $1)) }
        }
        return sum / Float(query.count)
    }

    private static func dot(_ a: [Float], _ b: [Float]) -> Float {
        a.withUnsafeBufferPointer { a in
            b.withUnsafeBufferPointer { b in
                var sum: Float = 0
                for place in 0..<min(a.count, b.count) { sum += a[place] * b[place] }
                return sum
            }
        }
    }
}
