public import Documents
public import Inference
import Vectors

/// A model that makes vectors of passages and of what is asked, under the name by which collections remember it.
public struct PassageEncoder: Sendable {
    public let name: String
    private let embedder: any TextEmbedder
    private let turn: Turn

    /// Runs work that takes long, when it may.
    public typealias Turn = @Sendable (@escaping @Sendable () throws -> [[Float]]) async throws -> [[Float]]

    /// Makes vectors with a model.
    ///
    /// - Parameters:
    ///   - name: The name; nil for the model's own.
    ///   - turn: Where it computes; nil for a thread that may wait.
    public init(_ embedder: any TextEmbedder, name: String? = nil, turn: Turn? = nil) {
        (self.embedder, self.name) = (embedder, name ?? embedder.name)
        self.turn = turn ?? { work in try await Blocking.run(work) }
    }

    /// The length of its vectors.
    public var dimensions: Int { embedder.dimensions }

    /// Passages that the model reads whole, with a heading above.
    public var usualSplitting: SplittingOptions {
        let room = embedder.maximumTokens ?? 512
        return SplittingOptions(size: max(8, min(room, 512) - 32))
    }

    func tokenCount(of text: String) -> Int { embedder.tokenCount(of: text) }

    /// Whether the vector of a text is one of all of it.
    func readsWhole(_ text: String) -> Bool { embedder.maximumTokens.map { tokenCount(of: text) <= $0 } ?? true }

    /// The vectors of passages.
    package func encode(passages: [String]) async throws -> [[Float]] {
        try await encode(passages, prompt: ["passage", "document"])
    }

    /// The vector of what is asked.
    func encode(query: String) async throws -> [Float] {
        try await encode([query], prompt: ["query"])[0]
    }

    private func encode(_ texts: [String], prompt names: [String]) async throws -> [[Float]] {
        try await turn(work(texts, prompt: names))
    }

    private func work(_ texts: [String], prompt names: [String]) -> @Sendable () throws -> [[Float]] {
        let embedder = embedder
        let inputs = texts.map(EmbeddingInput.text)
        let options = options(prompt: names)
        return { try embedder.embed(inputs, options: options).map(\.vector) }
    }

    private func options(prompt names: [String]) -> EmbeddingOptions {
        var options = EmbeddingOptions()
        if let name = names.first(where: { embedder.prompts[$0] != nil }) { options.prompt = .named(name) }
        return options
    }
}
