import Foundation
import Inference
import JSONValues
import Testing

/// Embeddings against sentence-transformers, model2vec, gensim and fastText; scripts/make_embedding_fixtures.py made the
/// folders, tiny random models with tokenizers of their own.
@Suite struct EmbeddingTests {
    private static let folder = Bundle.module.bundleURL.appending(path: "Fixtures/embedding").path
    private static let expected = Result {
        try JSON(
            parsing: Array(Data(contentsOf: URL(filePath: "\(folder)/expected.json"))), source: "expected.json")
    }

    static func path(_ name: String) -> String { "\(folder)/\(name)" }

    private func expected(_ keys: String...) throws -> JSON {
        try keys.reduce(Self.expected.get()) { try #require($0[$1]) }
    }

    private func numbers(_ json: JSON?) throws -> [Float] {
        try #require(json?.arrayValue).map { Float(try #require($0.doubleValue)) }
    }

    private func texts() throws -> [String] {
        try #require(expected("texts").arrayValue).map { try #require($0.stringValue) }
    }

    private func compare(_ found: [[Float]], _ expected: JSON?, within tolerance: Float, _ name: String) throws {
        let expected = try #require(expected?.arrayValue)
        try #require(found.count == expected.count)
        for (index, vector) in found.enumerated() {
            let other = try numbers(expected[index])
            try #require(vector.count == other.count)
            let largest = zip(vector, other).map { abs($0 - $1) }.max() ?? 0
            #expect(largest <= tolerance, "\(name), text \(index): off by \(largest)")
        }
    }

    @Test(arguments: ["bert-mean", "bert-cls", "bert-every", "bert-prompt", "qwen2-last"])
    func sentencesEqualTheReference(name: String) throws {
        let encoder = try SentenceEncoder.load(Self.path(name))
        let reference = try expected("sentence", name)
        #expect(encoder.maximumTokens == reference["maximum"]?.intValue)
        let texts = try texts()
        try compare(encoder.embed(texts), reference["vectors"], within: 2e-5, name)
        // Alone, each gives the very same vector as among others.
        let together = try encoder.embed(texts)
        for (index, text) in texts.enumerated() { #expect(try encoder.embed([text])[0] == together[index]) }
        // So it does in many passes, where texts take the memory of longer ones.
        let many = try encoder.embed((0..<16).flatMap { _ in texts })
        for (index, vector) in many.enumerated() { #expect(vector == together[index % texts.count]) }
    }

    @Test(arguments: ["cross-bert", "cross-bert-untyped", "cross-roberta", "cross-distilbert", "cross-qwen2"])
    func pairsEqualTheReference(name: String) throws {
        let encoder = try CrossEncoder.load(Self.path(name))
        let reference = try expected("cross", name)
        #expect(encoder.maximumTokens == reference["maximum"]?.intValue)
        let scores = try numbers(reference["scores"])
        var omitted = 0
        for (index, pair) in try #require(expected("pairs").arrayValue).enumerated() {
            let (query, document) = (try #require(pair[0]?.stringValue), try #require(pair[1]?.stringValue))
            let score = try #require(encoder.scores(query: query, documents: [document]).first)
            #expect(abs(score.score - scores[index]) < 2e-5, "\(name), pair \(index): \(score.score), \(scores[index])")
            omitted += score.omittedTokens
            if score.omittedTokens > 0 {
                #expect(throws: EmbeddingError.self) {
                    try encoder.scores(query: query, documents: [document], truncates: false)
                }
            }
        }
        #expect(omitted > 0)
    }

    /// Weights have 8 bits after rounding, scores nearly as many.
    @Test(arguments: ["cross-bert", "cross-roberta", "cross-qwen2"])
    func roundedPairsAreNearTheReference(name: String) throws {
        let encoder = try CrossEncoder.load(Self.path(name), roundsWeights: true)
        let scores = try numbers(expected("cross", name)["scores"])
        var largest: Float = 0
        for (index, pair) in try #require(expected("pairs").arrayValue).enumerated() {
            let (query, document) = (try #require(pair[0]?.stringValue), try #require(pair[1]?.stringValue))
            let score = try #require(encoder.scores(query: query, documents: [document]).first).score
            #expect(abs(score - scores[index]) < 1e-2, "\(name), pair \(index): \(score), \(scores[index])")
            largest = max(largest, abs(score - scores[index]))
        }
        #expect(largest > 2e-5, "nothing was rounded")
    }

    @Test(arguments: [("static", 1e-6), ("static-half", 2e-3), ("static-clustered", 1e-6)] as [(String, Float)])
    func tokenVectorsEqualTheReference(name: String, tolerance: Float) throws {
        // The reference rounds the vectors of the second one to f16.
        let embedder = try TokenEmbedder.load(Self.path(name))
        try compare(embedder.embed(texts()), expected("static", name)["vectors"], within: tolerance, name)
    }

    @Test func nearWordsAndAnalogiesEqualTheReference() throws {
        let words = try WordEmbedder.load(Self.path("word2vec.bin"))
        func compare(_ found: [WordEmbedder.Neighbour], _ expected: JSON?) throws {
            let expected = try #require(expected?.arrayValue)
            #expect(found.map(\.word) == expected.map { $0[0]?.stringValue })
            for (one, other) in zip(found, expected) {
                #expect(abs(one.score - Float(try #require(other[1]?.doubleValue))) < 1e-6)
            }
        }
        let similar = try expected("similar")
        try compare(words.nearest(to: "king", count: 6), similar["king"])
        try compare(
            words.analogy(near: ["king", "woman"], farFrom: ["man"], count: 6), similar["king - man + woman"])
        try compare(words.analogy(near: [], farFrom: ["sea"], count: 6), similar["- sea"])
        let parts = try WordEmbedder.load(Self.path("skipgram.bin"))
        try compare(parts.nearest(to: "kings", count: 5), expected("neighbours"))
        #expect(throws: EmbeddingError.unknownWord("nobody")) { try words.nearest(to: "nobody", count: 3) }
        #expect(try words.nearest(to: "king", count: 0).isEmpty)
    }

    @Test func kindsAreTold() throws {
        let kinds: [(String, ModelKind)] = [
            ("embedding/bert-mean", .sentenceEncoder), ("embedding/cross-roberta", .crossEncoder),
            ("embedding/static-half", .tokenVectors), ("embedding/skipgram.bin", .wordVectors),
            ("embedding/word2vec.bin", .wordVectors), ("tiny.gguf", .language),
        ]
        for (name, kind) in kinds { #expect(try ModelKind.of(Self.path("../\(name)")) == kind, "\(name)") }
    }

    @Test func optionsAreHonoured() throws {
        let encoder = try SentenceEncoder.load(Self.path("bert-mean"))
        let long = String(repeating: "rivers ", count: 60)
        var options = EmbeddingOptions()
        let cut = try encoder.embed([.text("sea"), .text(long)], options: options)
        #expect(cut[0].omittedTokens == 0 && cut[1].omittedTokens == 60 * 2 + 2 - 40 && cut[1].tokens == 40)
        options.truncates = false
        #expect(throws: EmbeddingError.tooLong(text: 1, tokens: 122, limit: 40)) {
            try encoder.embed([.text("sea"), .text(long)], options: options)
        }
        options.dimensions = 4
        let short = try encoder.embed([.text("sea")], options: options)[0].vector
        #expect(short.count == 4 && abs(short.reduce(0) { $0 + $1 * $1 } - 1) < 1e-5)
        options.normalizes = false
        let plain = try encoder.embed([.text("sea")], options: options)[0].vector
        #expect(abs(plain.reduce(0) { $0 + $1 * $1 } - 1) > 1e-2)
        options.dimensions = 17
        #expect(throws: EmbeddingError.dimensions(17, available: 16)) { try encoder.embed([], options: options) }
        options.dimensions = nil
        #expect(throws: EmbeddingError.tokenOutOfRange(id: 99, vocabularySize: 75)) {
            try encoder.embed([.tokens([99])], options: options)
        }
        options.normalizes = nil
        #expect(
            try encoder.embed([.tokens([69])], options: options)[0]
                == encoder.embed([.text("sea")], options: options)[0])
        options.prompt = .named("question")
        #expect(throws: EmbeddingError.unknownPrompt("question", known: ["document", "query"])) {
            try encoder.embed([.text("sea")], options: options)
        }
        let prompted = try SentenceEncoder.load(Self.path("bert-prompt"))
        options.prompt = .named("document")
        let none = try prompted.embed([.text("sea")], options: options)[0].vector
        #expect(none != (try prompted.embed(["sea"])[0]))
    }

    @Test func similaritiesAreThoseOfTheirDefinitions() {
        #expect(Similarity.cosine([3, 4], [6, 8]) == 1)
        #expect(Similarity.cosine([0, 0], [6, 8]) == 0)
        #expect(Similarity.dot([3, 4], [6, 8]) == 50)
        #expect(Similarity.euclidean([3, 4], [6, 8]) == -5)
        let ranking = Similarity.cosine.ranking([1, 0], [[0, 1], [1, 1], [.nan, 0], [2, 0], [1, 0]])
        #expect(ranking.map(\.index) == [3, 4, 1, 0, 2])
    }
}
