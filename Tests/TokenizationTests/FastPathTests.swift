import JSONValues
import Testing

@testable import Tokenization

/// Text of which nobody asks for offsets is encoded by shorter ways: tables of scalars, cuts, remembered words. They
/// give what the way with offsets gives, which remembers nothing.
struct FastPathTests {
    private static let vocabularies = ["rwkv", "sentencepiece-bpe", "sentencepiece-unigram", "tekken", "tiktoken"]

    private func check(_ tokenizer: Tokenizer, _ texts: [[UInt8]]) {
        for text in texts {
            let ids = [false, true].map { tracksRanges in
                text.withUnsafeBufferPointer {
                    tokenizer.pipeline.encode(
                        $0, addSpecialTokens: true, parseSpecialTokens: true, tracksRanges: tracksRanges
                    ).makeArray()
                }
            }
            #expect(ids[0] == ids[1], "\(String(decoding: text, as: UTF8.self).debugDescription)")
        }
    }

    private func awkwardTexts(_ count: Int) -> [[UInt8]] {
        var generator = AwkwardText(seed: 7)
        let marks = [
            "e\u{301}\u{327}", "\u{1B44}a\u{302E}", "\u{1100}\u{1161}\u{11A8}", "q\u{307}\u{323}",
            "ﬁ ①\u{FF76}\u{FF9E}",
        ]
        return (0..<count).map { generator.next() + Array(marks[$0 % marks.count].utf8) + generator.next() }
    }

    @Test(arguments: Fixture.names)
    func tokenizerFilesAgree(_ name: String) throws { check(try Fixture.tokenizer(name), awkwardTexts(400)) }

    @Test(arguments: vocabularies)
    func vocabularyFilesAgree(_ name: String) throws {
        check(try VocabularyFixture.read(name).tokenizer(), awkwardTexts(400))
    }

    @Test(
        arguments: [
            [["type": "NFC"]], [["type": "NFKC"], ["type": "Lowercase"]], [["type": "NFKD"], ["type": "StripAccents"]],
            [["type": "Nmt"], ["type": "NFC"]], [["type": "NFD"], ["type": "BertNormalizer"], ["type": "NFC"]],
        ] as [JSON])
    func normalizersAgree(_ steps: JSON) throws {
        var json = try #require(Fixture.read("byte-level")["tokenizer"]?.objectValue)
        json["normalizer"] = ["type": "Sequence", "normalizers": steps]
        let tokenizer = try Tokenizer(
            tokenizerJSON: Array(JSON.object(json).text().utf8), configuration: nil, source: "byte-level")
        check(tokenizer, awkwardTexts(400))
    }

    /// More words than the cache keeps, some of them again and again.
    @Test func theCacheForgets() throws {
        let tokenizer = try Fixture.tokenizer("byte-level")
        let text = (0..<120_000).map { " w\($0 * 7919 % 100_000) common" }.joined()
        check(tokenizer, [Array(text.utf8)])
    }

    /// Words as long as the cache keeps them and longer, of zeros too, that are met again within a text and at its end.
    @Test(arguments: ["byte-level", "tekken"])
    func wordsOfAnyLengthAreRemembered(_ name: String) throws {
        let tokenizer =
            name == "tekken" ? try VocabularyFixture.read(name).tokenizer() : try Fixture.tokenizer(name)
        let words = ["q", "\0", "é"].flatMap { letter in (1...70).map { String(repeating: letter, count: $0) } }
        check(tokenizer, words.flatMap { ["\($0) \($0)", "\($0) \($0)\0 \($0)"] }.map { Array($0.utf8) })
    }

    /// Classes stand for Unicode's properties where text is cut into words.
    @Test func classesAreProperties() {
        let table = ScalarClassTable.shared
        var different: [UInt32] = []
        for value in UInt32(0)..<0x11_0000 {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let classes = table.classes[Int(table.pages[Int(value >> 8)]) << 8 | Int(value & 0xFF)]
            let isPunctuation = value < 0x1_0000 && scalar.isPunctuationOrASCIISymbol
            if classes.meets(.whitespace) != scalar.properties.isWhitespace
                // What Unicode assigned since is looked up by itself.
                || (classes.meets(.number) != scalar.isNumber && classes != .other)
                || (isPunctuation && !classes.meets([.punctuation, .symbol, .other]))
            {
                different.append(value)
            }
        }
        #expect(different.isEmpty)
    }
}
