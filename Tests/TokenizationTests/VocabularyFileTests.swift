import Foundation
import JSONValues
import Testing
import Tokenization

/// Vocabularies in the forms other than `tokenizer.json`, against the libraries that define them.
struct VocabularyFileTests {
    @Test(arguments: ["sentencepiece-bpe", "sentencepiece-unigram", "tiktoken", "tekken", "rwkv"])
    func agreesWithTheReference(_ name: String) throws {
        try check(VocabularyFixture.read(name))
    }

    @Test(.enabled(if: ReferenceData.folder != nil), arguments: ReferenceData.files(in: "vocabularies"))
    func agreesWithTheReferenceOnTenThousandTexts(_ file: String) throws {
        try check(VocabularyFixture(json: ReferenceData.read("vocabularies/\(file)"), name: file))
    }

    private func check(_ vocabulary: VocabularyFixture) throws {
        let (fixture, name) = (vocabulary.json, vocabulary.name)
        let tokenizer = try vocabulary.tokenizer()
        let kind = fixture["kind"]?.stringValue
        // SentencePiece adds nothing and takes control pieces in the text for text.
        let isPlain = kind == "sentencepiece"
        var differences: [String] = []
        for item in fixture["cases"]?.arrayValue ?? [] {
            let text = item["text"]?.stringValue ?? ""
            let ids = tokenizer.encode(
                text, addSpecialTokens: kind == "tekken", parseSpecialTokens: !isPlain && kind != "tekken")
            let expected = item["ids"]?.ids ?? []
            if ids != expected { differences.append("\(text.debugDescription)\n  \(ids)\n  \(expected)") }
            if expected.contains(0), isPlain { continue }
            let decoded = tokenizer.decode(expected, skipSpecialTokens: kind == "tekken")
            if decoded != item["decoded"]?.stringValue {
                differences.append("\(expected)\n  \(decoded)\n  \(item["decoded"]?.stringValue ?? "")")
            }
        }
        for item in fixture["decodings"]?.arrayValue ?? [] {
            let ids = item["ids"]?.ids ?? []
            let decoded = tokenizer.decode(ids)
            if decoded != item["text"]?.stringValue {
                differences.append(
                    "\(ids)\n  \(decoded.debugDescription)\n  \(item["text"]?.stringValue?.debugDescription ?? "")")
            }
        }
        #expect((fixture["cases"]?.arrayValue ?? []).count > 0)
        #expect(
            differences.isEmpty,
            "\(name): \(differences.count) differ, such as\n\(differences.prefix(4).joined(separator: "\n"))")
    }
}

/// A file of `scripts/make_vocabulary_fixtures.py`.
struct VocabularyFixture {
    let json: JSON
    let name: String

    static func read(_ name: String) throws -> VocabularyFixture {
        let url = try #require(Bundle.module.url(forResource: "Fixtures/vocabularies/\(name)", withExtension: "json"))
        return VocabularyFixture(json: try JSON(parsing: Array(Data(contentsOf: url)), source: name), name: name)
    }

    /// The vocabulary as the file that its library reads.
    func data() throws -> [UInt8] {
        if let path = json["path"]?.stringValue { return Array(try Data(contentsOf: URL(fileURLWithPath: path))) }
        return Array(try #require(Data(base64Encoded: json["data"]?.stringValue ?? "")))
    }

    func tokenizer() throws -> Tokenizer {
        let bytes = try data()
        switch json["kind"]?.stringValue {
        case "tiktoken":
            let special = json["special"]?.objectValue ?? [:]
            return try Tokenizer(
                tiktoken: bytes, pattern: json["pattern"]?.stringValue ?? "",
                specialTokens: Dictionary(
                    uniqueKeysWithValues: special.map { ($0, Int32($1.intValue ?? 0)) }), source: name)
        case "rwkv": return try Tokenizer(rwkv: bytes, source: name)
        case "tekken": return try Tokenizer(tekken: bytes, source: name)
        default: return try Tokenizer(sentencePiece: bytes, source: name)
        }
    }
}
