import Foundation
import JSONValues
import Testing
import Tokenization

/// Vocabularies that `scripts/dump_gguf_vocabularies.py` has dumped, against llama.cpp's own tokens.
struct GGUFReferenceTests {
    @Test(arguments: ["t5", "t5-spaces", "rwkv"])
    func encodesAsTheReference(_ name: String) throws {
        let url = try #require(Bundle.module.url(forResource: "Fixtures/gguf/\(name)", withExtension: "json"))
        try check(JSON(parsing: Array(Data(contentsOf: url)), source: name), file: name)
    }

    @Test(.enabled(if: ReferenceData.folder != nil), arguments: ReferenceData.files(in: "gguf"))
    func encodesTenThousandTextsAsTheReference(_ file: String) throws {
        try check(ReferenceData.read("gguf/\(file)"), file: file)
    }

    private func check(_ data: JSON, file: String) throws {
        let vocabulary = GGUFVocabulary(json: data)
        let clock = ContinuousClock()
        var tokenizer: Tokenizer?
        let time = try clock.measure { tokenizer = try Tokenizer(gguf: vocabulary, source: file) }
        let loaded = try #require(tokenizer)
        print("\(file): \(loaded.vocabularySize) tokens loaded in \(time)")

        let cases = data["cases"]?.arrayValue ?? []
        for item in cases {
            let text = item["text"]?.stringValue ?? ""
            #expect(loaded.encode(text, addSpecialTokens: false) == item["ids"]?.ids, "\(text.debugDescription)")
        }
        var differences: [String] = []
        for item in data["random"]?.arrayValue ?? [] {
            let text = item["text"]?.stringValue ?? ""
            // Where llama.cpp departs from the model's own tokenizer, that one's tokens are wanted.
            let (expected, expectedPlain) = (item["original"] ?? item["ids"], item["originalPlain"] ?? item["plain"])
            let whole = loaded.encode(text)
            let plain = loaded.encode(text, addSpecialTokens: false, parseSpecialTokens: false)
            if whole != expected?.ids {
                differences.append("\(text.debugDescription)\n  \(whole)\n  \(expected?.ids ?? [])")
            } else if plain != expectedPlain?.ids {
                differences.append("plain \(text.debugDescription)\n  \(plain)\n  \(expectedPlain?.ids ?? [])")
            }
        }
        for item in data["bytes"]?.arrayValue ?? [] where data["model"] == "rwkv" {
            let id = Int32(item[0]?.intValue ?? 0)
            #expect(loaded.bytes(of: id) == item[1]?.ids.map { UInt8(truncatingIfNeeded: $0) }, "the token \(id)")
        }
        let shown = differences.prefix(3).joined(separator: "\n")
        #expect(differences.isEmpty, "\(differences.count) differ, such as\n\(shown)")
        #expect(loaded.endOfGenerationTokens.sorted() == data["endOfGeneration"]?.ids)
    }
}

extension GGUFVocabulary {
    /// Reads the form that the script writes.
    init(json: JSON) {
        func strings(_ key: String) -> StringTable {
            StringTable((json[key]?.arrayValue ?? []).lazy.compactMap(\.stringValue))
        }
        func id(_ key: String) -> Int32? { json[key]?.intValue.map(Int32.init) }
        self.init(model: json["model"]?.stringValue ?? "", pre: json["pre"]?.stringValue, tokens: strings("tokens"))
        scores = (json["scores"]?.arrayValue ?? []).map { Float($0.doubleValue ?? 0) }
        types = json["types"]?.ids ?? []
        merges = strings("merges")
        beginOfText = id("beginOfText")
        endOfText = id("endOfText")
        endOfTurn = id("endOfTurn")
        unknown = id("unknown")
        separator = id("separator")
        padding = id("padding")
        mask = id("mask")
        addBeginOfText = json["addBeginOfText"]?.boolValue
        addEndOfText = json["addEndOfText"]?.boolValue
        addSpacePrefix = json["addSpacePrefix"]?.boolValue
        removeExtraWhitespaces = json["removeExtraWhitespaces"]?.boolValue
        precompiledCharacterMap = json["precompiledCharacterMap"]?.ids.map { UInt8(truncatingIfNeeded: $0) }
    }
}
