import Foundation
import JSONValues
import Testing
import Tokenization

/// Tokenizers of every kind that `tokenizer.json` has, against the `tokenizers` library.
struct TokenizerJSONTests {
    @Test(arguments: Fixture.names)
    func agreesWithTheReference(_ name: String) throws {
        try TokenizerComparison(Fixture.read(name), name: name).check()
    }

    @Test(.enabled(if: ReferenceData.folder != nil), arguments: ReferenceData.files(in: "tokenizers"))
    func agreesWithTheReferenceOnTenThousandTexts(_ file: String) throws {
        try TokenizerComparison(ReferenceData.read("tokenizers/\(file)"), name: file).check()
    }
}

/// The files of `scripts/make_tokenizer_fixtures.py`.
enum Fixture {
    static let names = [
        "byte-level", "byte-level-llama3", "llama", "suffix-words", "bert", "unigram", "word-level",
    ]

    static func read(_ name: String) throws -> JSON {
        let url = try #require(Bundle.module.url(forResource: "Fixtures/tokenizers/\(name)", withExtension: "json"))
        return try JSON(parsing: Array(Data(contentsOf: url)), source: "\(name).json")
    }

    static func tokenizer(_ name: String) throws -> Tokenizer { try tokenizer(of: read(name), name: name) }

    static func tokenizer(of fixture: JSON, name: String) throws -> Tokenizer {
        if let path = fixture["path"]?.stringValue {
            let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
            return try Tokenizer(tokenizerJSON: Array(bytes), configuration: nil, source: path)
        }
        let json = try #require(fixture["tokenizer"])
        return try Tokenizer(tokenizerJSON: Array(json.text().utf8), configuration: nil, source: name)
    }
}

/// Compares a tokenizer with the cases of a reference and shows the first few differences.
struct TokenizerComparison {
    let name: String
    let fixture: JSON
    let tokenizer: Tokenizer

    init(_ fixture: JSON, name: String) throws {
        self.name = name
        self.fixture = fixture
        tokenizer = try Fixture.tokenizer(of: fixture, name: name)
    }

    func check() {
        var differences: [String: [String]] = [:]
        func compare<Value: Equatable>(_ what: String, _ input: String, _ found: Value, _ expected: Value?) {
            if found != expected {
                differences[what, default: []].append("\(input)\n  found    \(found)\n  expected \(expected as Any)")
            }
        }
        for item in fixture["cases"]?.arrayValue ?? [] {
            let text = item["text"]?.stringValue ?? ""
            let tokens = tokenizer.encodeWithOffsets(text)
            let input = text.debugDescription
            compare("encode", input, tokens.map(\.id), item["ids"]?.ids)
            compare("encode without offsets", input, tokenizer.encode(text), tokens.map(\.id))
            if item["ids"]?.ids == tokens.map(\.id) {
                let offsets = tokens.map { characterBoundaries(of: $0.byteRange, in: text) }
                let expected = item["offsets"]?.arrayValue?.map(\.ids)
                compare("offsets", input, offsets, expected)
                compare("decode", input, tokenizer.decode(tokens.map(\.id)), item["decoded"]?.stringValue)
            }
        }
        for item in fixture["decodings"]?.arrayValue ?? [] {
            let ids = item["ids"]?.ids ?? []
            compare("decode", "\(ids)", tokenizer.decode(ids), item["text"]?.stringValue)
            compare(
                "decode", "\(ids)", tokenizer.decode(ids, skipSpecialTokens: true), item["skipped"]?.stringValue)
            var stream = tokenizer.makeStreamDecoder(skipSpecialTokens: false)
            let streamed = ids.map { stream.append($0) }.joined() + stream.finish()
            compare("stream", "\(ids)", streamed, item["text"]?.stringValue)
        }
        #expect((fixture["cases"]?.arrayValue ?? []).count > 0)
        for (what, list) in differences.sorted(by: { $0.key < $1.key }) {
            Issue.record("\(name): \(what): \(list.count) differ, such as\n\(list.prefix(4).joined(separator: "\n"))")
        }
    }

    /// The reference widens ranges that cut a character to the whole character.
    private func characterBoundaries(of range: Range<Int>, in text: String) -> [Int32] {
        let bytes = Array(text.utf8)
        var (start, end) = (range.lowerBound, range.upperBound)
        while start > 0, start < bytes.count, bytes[start] & 0xC0 == 0x80 { start -= 1 }
        while end < bytes.count, bytes[end] & 0xC0 == 0x80 { end += 1 }
        return [Int32(start), Int32(end)]
    }
}
