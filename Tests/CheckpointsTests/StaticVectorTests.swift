import Files
import Foundation
import JSONValues
import Testing

@testable import Checkpoints

/// Word vectors against gensim and fastText; scripts/make_embedding_fixtures.py made the files.
@Suite struct StaticVectorTests {
    static func path(_ name: String) -> String {
        Bundle.module.bundleURL.appending(path: "VectorFixtures/\(name)").path
    }

    static let expected = Result {
        try JSON(parsing: Array(Data(contentsOf: URL(filePath: path("expected.json")))), source: "expected.json")
    }

    static let names = [
        "word2vec.txt", "word2vec.bin", "glove.txt", "skipgram.bin", "cbow.bin", "supervised.bin", "supervised.ftz",
    ]

    private func numbers(_ json: JSON?) throws -> [Float] {
        try #require(json?.arrayValue).map { Float(try #require($0.doubleValue)) }
    }

    private func expect(_ found: [Float]?, _ expected: [Float], within tolerance: Float, _ what: String) {
        guard let found, found.count == expected.count else {
            Issue.record("\(what): \(found?.count ?? 0) values")
            return
        }
        for (one, other) in zip(found, expected) where !(abs(one - other) <= tolerance * max(1, abs(other))) {
            Issue.record("\(what): \(one) instead of \(other)")
        }
    }

    @Test(arguments: ["word2vec.txt", "word2vec.bin", "glove.txt"])
    func wordsEqualTheReference(name: String) throws {
        let vectors = try StaticVectors.open(Self.path(name))
        let words = try #require(Self.expected.get()["words"]?["vectors"]?.objectValue)
        #expect(vectors.dimensions == 7)
        #expect(vectors.count == words.count + (name == "glove.txt" ? 1 : 0))
        for (word, values) in words {
            // GloVe's file was written with six digits.
            let tolerance: Float = name == "glove.txt" ? 6e-7 : name == "word2vec.txt" ? 0 : 1e-7
            expect(vectors.vector(of: word), try numbers(values), within: tolerance, "\(name) \(word)")
            let index = try #require(vectors.index(of: word))
            #expect(vectors.word(at: index) == word)
        }
        #expect(vectors.vector(of: "King") == nil)
    }

    @Test func gloVeTakesOddWordsAndNumbers() throws {
        let vectors = try StaticVectors.open(Self.path("glove.txt"))
        let expected = try numbers(Self.expected.get()["words"]?["dots"])
        expect(vectors.vector(of: ". . ."), expected, within: 0, "dots")
        // The second vector of a word does not count.
        #expect(vectors.vector(of: "king")?.first != 1)
    }

    @Test(arguments: ["skipgram.bin", "cbow.bin", "supervised.bin", "supervised.ftz"])
    func fastTextEqualsTheReference(name: String) throws {
        let vectors = try StaticVectors.open(Self.path(name))
        let expected = try #require(Self.expected.get()["fastText"]?[name])
        for (word, values) in try #require(expected["words"]?.objectValue) {
            let values = try numbers(values)
            // Where no part is known, the reference gives zero.
            let found = vectors.vector(of: word) ?? [Float](repeating: 0, count: values.count)
            expect(found, values, within: 1e-6, "\(name) \(word)")
        }
        for (text, values) in try #require(expected["sentences"]?.objectValue) {
            expect(vectors.sentenceVector(text).vector, try numbers(values), within: 1e-6, "\(name) \(text)")
        }
    }

    @Test func formatsAreTold() throws {
        let formats = try Self.names.map { try StaticVectors.open(Self.path($0)).format }
        #expect(
            formats == [
                .word2vecText, .word2vecBinary, .gloVe, .fastText, .fastText, .fastText, .fastTextQuantized,
            ])
        #expect(Self.names.allSatisfy { StaticVectors.recognizes(Self.path($0)) })
        #expect(!StaticVectors.recognizes(Fixtures.path("expected.json")))
    }

    /// Binary files are never whole before their end; of text files the last line may end earlier.
    @Test(arguments: names) func truncatedAnywhereIsRefused(name: String) throws {
        let bytes = try Array(Data(contentsOf: URL(filePath: Self.path(name))))
        let mayEndEarly = name.hasSuffix(".txt")
        // The quantized file is mostly one stretch of codes.
        let step = bytes.count > 8000 ? 13 : 1
        for count in stride(from: 0, to: bytes.count, by: step) {
            let file = MappedFile(contents: Array(bytes[..<count]), path: name)
            do {
                let vectors = try StaticVectors.open(file)
                #expect(mayEndEarly, "\(count) of \(bytes.count) bytes")
                read(vectors)
            } catch {
                #expect(error.path == name && !error.reason.isEmpty)
            }
        }
    }

    @Test(arguments: names) func damageIsRefusedOrReadable(name: String) throws {
        let bytes = try Array(Data(contentsOf: URL(filePath: Self.path(name))))
        var random = SplitMix(state: 9)
        for _ in 0..<300 {
            var damaged = random.damage(bytes)
            // Most of the meaning is at the beginning.
            if Bool.random(using: &random) {
                damaged[Int.random(in: 0..<120, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            if let vectors = try? StaticVectors.open(MappedFile(contents: damaged, path: name)) { read(vectors) }
        }
    }

    private func read(_ vectors: StaticVectors) {
        for index in 0..<vectors.count { #expect(vectors.vector(at: index).count == vectors.dimensions) }
        _ = vectors.sentenceVector("the kings sing 日本")
    }

    @Test(arguments: [
        ("", "neither"), ("hello", "neither"), ("3 x\n", "neither"), ("2 0\na 1\nb 2\n", "impossible"),
        ("0 3\n", "impossible"), ("3 2\na 1 2\nb 3 4\n", "ends after 2 of 3"), ("1 2\na 1 2\nb 3 4\n", "more words"),
        ("2 2\na 1 2\nb 3\n", "not a word and 2 numbers"), ("2 2\na 1 2\nb 3 nan\n", "not a word"),
        ("999999999 300\n", "do not fit"), ("9999999999999999999 3\n", "impossible"),
        ("2 4611686018427387904\n", "impossible"), ("GGUF", "GGUF"), ("a 1 2\nb 3 4 x\n", "line 2"),
    ])
    func wrongTextsAreExplained(text: String, reason: String) throws {
        let file = MappedFile(contents: Array(text.utf8), path: "bad")
        do {
            let vectors = try StaticVectors.open(file)
            Issue.record("read as \(vectors.format)")
        } catch {
            #expect("\(error)".contains(reason), "\(error)")
        }
    }
}
