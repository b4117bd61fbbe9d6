import JSONValues
import Testing
import Tokenization

/// Every vocabulary that `scripts/dump_gguf_vocabularies.py` has dumped, against llama.cpp's own tokens.
@Suite(.enabled(if: ReferenceData.folder != nil))
struct GGUFReferenceTests {
    @Test(arguments: ReferenceData.files(in: "gguf"))
    func encodesAsTheReference(_ file: String) throws {
        let data = try ReferenceData.read("gguf/\(file)")
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
            let whole = loaded.encode(text)
            let plain = loaded.encode(text, addSpecialTokens: false, parseSpecialTokens: false)
            if whole != item["ids"]?.ids {
                differences.append("\(text.debugDescription)\n  \(whole)\n  \(item["ids"]?.ids ?? [])")
            } else if plain != item["plain"]?.ids {
                differences.append("plain \(text.debugDescription)\n  \(plain)\n  \(item["plain"]?.ids ?? [])")
            }
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
