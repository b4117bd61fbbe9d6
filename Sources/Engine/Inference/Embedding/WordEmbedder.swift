import Checkpoints
import Dispatch
import Essentials
import Synchronization

/// Word vectors as an embedder of texts and as a place to look for words.
public final class WordEmbedder: TextEmbedder {
    /// A word and how near it is.
    public struct Neighbour: Sendable, Hashable {
        public var word: String
        /// How near it is; larger is nearer.
        public var score: Float
    }

    private let vectors: StaticVectors
    /// The last component of the path.
    public let name: String

    /// Opens a file of word2vec, GloVe or fastText.
    ///
    /// - Throws: `CheckpointError`, naming the line or offset at fault.
    public static func load(_ path: String) throws -> WordEmbedder { WordEmbedder(try StaticVectors.open(path), path) }

    private init(_ vectors: StaticVectors, _ path: String) {
        self.vectors = vectors
        name = path.split(separator: "/").last.map(String.init) ?? path
    }

    /// The length of the vectors.
    public var dimensions: Int { vectors.dimensions }
    /// There is no limit.
    public var maximumTokens: Int? { nil }
    public var similarity: Similarity { .cosine }
    /// How the file is written.
    public var format: String { vectors.format.rawValue }
    /// The number of words.
    public var wordCount: Int { vectors.count }

    /// The mean of the words' vectors; of fastText its sentence vector.
    public func embed(_ inputs: [EmbeddingInput], options: EmbeddingOptions) throws -> [Embedding] {
        try check(options)
        let prompt = try promptText(options.prompt, usual: nil)
        return try inputs.map { input in
            guard case .text(let text) = input else { throw EmbeddingError.noTokens(model: name) }
            let (vector, known, unknown) = vectors.sentenceVector(prompt + text)
            guard vector.allSatisfy(\.isFinite) else { throw EmbeddingError.notFinite(model: name) }
            var embedding = Embedding(vector: vector, tokens: known)
            embedding.unknownWords = unknown
            embedding.finish(options, isUnit: false)
            return embedding
        }
    }

    /// The vector of one word; fastText makes one for words that it does not know.
    public func vector(of word: String) throws -> [Float] {
        guard let vector = vectors.vector(of: word) else { throw EmbeddingError.unknownWord(word) }
        return vector
    }

    /// The words nearest to one, itself left out.
    public func nearest(
        to word: String, count: Int, by similarity: Similarity = .cosine
    ) throws -> [Neighbour] {
        nearest(to: try vector(of: word), count: count, by: similarity, except: [word])
    }

    /// The words that are near to some and far from others: `man` is to `king` as `woman` to the first of
    /// `analogy(near: ["king", "woman"], farFrom: ["man"])` (3CosAdd, Mikolov et al. 2013). The given words are left out.
    public func analogy(
        near: [String], farFrom far: [String], count: Int, by similarity: Similarity = .cosine
    ) throws -> [Neighbour] {
        var sum = [Float](repeating: 0, count: dimensions)
        for (words, sign) in [(near, Float(1)), (far, Float(-1))] {
            for word in words {
                var vector = try vector(of: word)
                Similarity.normalize(&vector)
                for index in sum.indices { sum[index] += sign * vector[index] }
            }
        }
        Similarity.normalize(&sum)
        return nearest(to: sum, count: count, by: similarity, except: near + far)
    }

    /// The words nearest to a vector.
    public func nearest(
        to vector: [Float], count: Int, by similarity: Similarity = .cosine, except words: [String] = []
    ) -> [Neighbour] {
        let excluded = Set(words.compactMap(vectors.index(of:)))
        let best = Mutex<[(index: Int, score: Float)]>([])
        let partSize = 4096
        let vectors = vectors
        // Each part brings its best, so that no score of all the words is kept.
        DispatchQueue.concurrentPerform(iterations: (vectors.count + partSize - 1) / partSize) { part in
            let range = part * partSize..<min((part + 1) * partSize, vectors.count)
            let found = range.lazy.filter { !excluded.contains($0) }
                .map { (index: $0, score: similarity(vector, vectors.vector(at: $0))) }
            let kept = Self.best(Array(found), count)
            best.withLock { $0 = Self.best($0 + kept, count) }
        }
        return best.withLock { $0 }.map { Neighbour(word: vectors.word(at: $0.index), score: $0.score) }
    }

    private static func best(_ scores: [(index: Int, score: Float)], _ count: Int) -> [(index: Int, score: Float)] {
        Array(
            scores.filter { !$0.score.isNaN }.sorted { ($1.score, $0.index) < ($0.score, $1.index) }
                .prefix(max(count, 0)))
    }
}
