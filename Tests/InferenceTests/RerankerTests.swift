import Foundation
import Inference
import JSONValues
import Testing

/// Tiny sentence encoders and rerankers of newer families against sentence-transformers and transformers; the folders are
/// those of `scripts/make_reranker_fixtures.py`.
@Suite struct RerankerTests {
    static func path(_ name: String) -> String {
        Bundle.module.bundleURL.appending(path: "Fixtures/rerankers/\(name)").path
    }

    private static let expected = Result {
        try JSON(parsing: Array(Data(contentsOf: URL(filePath: path("expected.json")))), source: "expected.json")
    }

    private func numbers(_ json: JSON?) throws -> [Float] {
        try #require(json?.arrayValue).map { Float(try #require($0.doubleValue)) }
    }

    private func scores(_ encoder: CrossEncoder) throws -> [Float] {
        let pairs = try #require(Self.expected.get()["pairs"]?.arrayValue)
        return try pairs.map { pair in
            let (query, document) = (try #require(pair[0]?.stringValue), try #require(pair[1]?.stringValue))
            return try #require(encoder.scores(query: query, documents: [document]).first?.score)
        }
    }

    @Test(arguments: ["embedding-gemma", "qwen3-embedding", "modernbert"])
    func vectorsEqualTheReference(name: String) throws {
        #expect(try ModelKind.of(Self.path(name)) == .sentenceEncoder)
        let encoder = try SentenceEncoder.load(Self.path(name))
        let texts = try #require(Self.expected.get()["texts"]?.arrayValue).map { try #require($0.stringValue) }
        let expected = try #require(Self.expected.get()["vectors"]?[name]?.objectValue)
        for (prompt, vectors) in expected {
            var options = EmbeddingOptions()
            if !prompt.isEmpty { options.prompt = .named(prompt) }
            let found = try encoder.embed(texts.map(EmbeddingInput.text), options: options)
            for (index, embedding) in found.enumerated() {
                let error = zip(embedding.vector, try numbers(vectors[index])).map { abs($0 - $1) }.max() ?? .infinity
                #expect(error < 1e-4, "\(name) \(prompt) \(texts[index]): \(error)")
            }
        }
    }

    @Test(arguments: ["deberta", "electra", "albert", "modernbert", "modernbert-mean", "eurobert"])
    func pairsEqualTheReference(name: String) throws {
        let expected = try numbers(Self.expected.get()["scores"]?["cross-\(name)"])
        #expect(try ModelKind.of(Self.path("cross-\(name)")) == .crossEncoder)
        let found = try scores(CrossEncoder.load(Self.path("cross-\(name)")))
        let error = zip(found, expected).map { abs($0 - $1) }.max() ?? .infinity
        #expect(found.count == expected.count && error < 1e-4, "\(error)")
    }

    /// A language model that answers with yes or no, with its own instruction and with another.
    @Test(arguments: ["", "own"]) func answersEqualTheReference(name: String) throws {
        let expected = try numbers(Self.expected.get()["answers"]?[name])
        #expect(try ModelKind.of(Self.path("qwen3-reranker")) == .crossEncoder)
        let instruction = try Self.expected.get()["instructions"]?[name]?.stringValue
        let encoder = try CrossEncoder.load(
            Self.path("qwen3-reranker"), instruction: name.isEmpty ? nil : instruction)
        let error = zip(try scores(encoder), expected).map { abs($0 - $1) }.max() ?? .infinity
        #expect(error < 1e-4, "\(error)")
    }

    /// A language model without tokens for its answers cannot rerank.
    @Test func modelsWithoutAnswersAreRefused() throws {
        #expect(throws: EmbeddingError.self) { try CrossEncoder.load(Self.path("qwen3-embedding")) }
    }
}

@Suite struct LateInteractionTests {
    /// Scores by the states that transformers computes (`scripts/make_late_interaction_fixture.py`).
    @Test func scoresEqualTheReference() throws {
        let folder = Bundle.module.bundleURL.appending(path: "Fixtures/embedding")
        let json = try JSON(
            parsing: Array(Data(contentsOf: folder.appending(path: "late-interaction.json"))), source: "the fixture")
        let documents = try #require(json["documents"]?.arrayValue).map { try #require($0.stringValue) }
        let reranker = LateInteractionReranker(try .load(folder.appending(path: "bert-mean").path))
        for (place, query) in (try #require(json["queries"]?.arrayValue)).enumerated() {
            let found = try reranker.scores(
                query: try #require(query.stringValue), documents: documents, truncates: false)
            for (number, score) in found.enumerated() {
                let expected = Float(try #require(json["scores"]?[place]?[number]?.doubleValue))
                #expect(abs(score.score - expected) < 1e-4, "\(query) \(documents[number])")
            }
        }
    }

    @Test func eachTokenOfTheQueryHasItsNearest() {
        let (x, y): ([Float], [Float]) = ([1, 0], [0, 1])
        #expect(LateInteractionReranker.similarity([x, y], [x]) == 0.5)
        #expect(LateInteractionReranker.similarity([x, y], [y, [0.6, 0.8], x]) == 1)
        #expect(LateInteractionReranker.similarity([x], [[0, -1], [-1, 0]]) == 0)
        #expect(LateInteractionReranker.similarity([], [x]) == -1)
    }
}
