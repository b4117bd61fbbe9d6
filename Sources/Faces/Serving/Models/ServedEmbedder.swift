import Dispatch
public import Inference

/// A model that embeds texts, under the name by which requests ask for it.
public struct ServedEmbedder: Sendable {
    /// The name.
    public let id: String
    /// When the model's file was made, in seconds since 1970.
    public let created: Int
    let embedder: any TextEmbedder

    /// Offers an embedder.
    public init(id: String, created: Int, embedder: any TextEmbedder) {
        self.id = id
        self.created = created
        self.embedder = embedder
    }

    func embed(_ inputs: [EmbeddingInput], options: EmbeddingOptions) async throws -> [Embedding] {
        let embedder = embedder
        return try await onComputingThread { try embedder.embed(inputs, options: options) }
    }
}

/// A model that scores documents for a query, under the name by which requests ask for it.
public struct ServedReranker: Sendable {
    /// The name.
    public let id: String
    /// When the model's file was made, in seconds since 1970.
    public let created: Int
    let reranker: any TextReranker

    /// Offers a reranker.
    public init(id: String, created: Int, reranker: any TextReranker) {
        self.id = id
        self.created = created
        self.reranker = reranker
    }

    func ranking(
        query: String, documents: [String], truncates: Bool
    ) async throws -> [(index: Int, score: RelevanceScore)] {
        let reranker = reranker
        return try await onComputingThread {
            try reranker.ranking(query: query, documents: documents, truncates: truncates)
        }
    }
}

/// Runs work that takes long away from the threads that serve connections.
private func onComputingThread<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        DispatchQueue.global().async { continuation.resume(with: Result(catching: work)) }
    }
}
