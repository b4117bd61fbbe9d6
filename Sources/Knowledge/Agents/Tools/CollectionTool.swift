public import Inference
public import Retrieval

/// Finds passages for a question: a collection, or several, or a list in a test.
public protocol PassageSource: Sendable {
    /// The best passages, best first.
    func passages(for question: String, count: Int) async throws -> [FoundPassage]
}

/// A passage and where it is from.
public struct FoundPassage: Sendable, Hashable {
    /// The text.
    public var text: String
    /// Where it is from, for people.
    public var source: String
    /// How well it fits; larger is better.
    public var score: Float

    /// Makes a passage.
    public init(text: String, source: String, score: Float) {
        (self.text, self.source, self.score) = (text, source, score)
    }
}

/// A collection of documents as a source of passages.
public struct CollectionSource: PassageSource {
    private let collection: DocumentCollection
    private let encoder: PassageEncoder
    private let reranker: (any TextReranker)?

    /// Searches a collection.
    public init(_ collection: DocumentCollection, encoder: PassageEncoder, reranker: (any TextReranker)? = nil) {
        (self.collection, self.encoder, self.reranker) = (collection, encoder, reranker)
    }

    /// The best passages, best first.
    public func passages(for question: String, count: Int) async throws -> [FoundPassage] {
        let query = RetrievalQuery(question, count: count)
        return try await collection.search(query, encoder: encoder, reranker: reranker).map {
            FoundPassage(
                text: $0.text, source: $0.location.isEmpty ? $0.path : "\($0.path): \($0.location)", score: $0.score)
        }
    }
}

extension PassageEncoder: TextVectors {
    /// The vectors of texts.
    public func vectors(of texts: [String]) async throws -> [[Float]] { try await encode(passages: texts) }
}

extension PassageSource {
    /// A tool that searches here.
    public func tool(_ name: String, _ description: String, count: Int = 4) -> AgentTool {
        AgentTool(
            name, description,
            parameters: [
                "type": "object", "properties": ["query": ["type": "string"]], "required": ["query"],
                "additionalProperties": false,
            ]
        ) { arguments in
            guard let query = arguments["query"]?.stringValue ?? arguments["input"]?.stringValue else {
                throw ToolError.arguments(tool: name, reason: "query is missing")
            }
            let found = try await passages(for: query, count: count)
            return found.isEmpty
                ? "Nothing was found."
                : found.enumerated().map { "[\($0.offset + 1)] \($0.element.source)\n\($0.element.text)" }
                    .joined(separator: "\n\n")
        }
    }
}
