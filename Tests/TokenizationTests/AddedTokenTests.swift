import JSONValues
import Testing

@testable import Tokenization

/// Added tokens: ordinary and special ones, and text that only looks like them.
struct AddedTokenTests {
    private func tokenizer(_ json: JSON) throws -> Tokenizer {
        try Tokenizer(tokenizerJSON: Array(json.text().utf8), configuration: nil, source: "test")
    }

    private func added(_ id: Int, _ content: String, special: Bool, normalized: Bool) -> JSON {
        [
            "id": .integer(id), "content": .string(content), "special": .bool(special), "normalized": .bool(normalized),
            "single_word": false, "lstrip": false, "rstrip": false,
        ]
    }

    /// Only the first piece of a text begins with a space then, also where nothing normalizes; checked with `tokenizers`.
    @Test(arguments: [true, false]) func metaspaceAtTheStartOnly(_ normalized: Bool) throws {
        let tokenizer = try tokenizer([
            "added_tokens": [added(3, "</t>", special: false, normalized: normalized)],
            "pre_tokenizer": ["type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": false],
            "model": ["type": "BPE", "vocab": ["▁": 0, "y": 1, "x": 2], "merges": []],
        ])
        #expect(tokenizer.encode("y</t>x") == [0, 1, 3, 2])
        #expect(tokenizer.encode("</t>x") == [3, 2])
        #expect(tokenizer.encode("</t> x") == [3, 0, 2])
        #expect(tokenizer.encodeWithOffsets("y</t>x").map(\.id) == [0, 1, 3, 2])
    }

    /// Pieces of the model's own vocabulary are no way around.
    @Test(arguments: ["Unigram", "WordLevel", "WordPiece", "BPE"])
    func plainTextIsNeverASpecialToken(_ kind: String) throws {
        let names = ["<unk>", "<s>", "</s>", "a", "<", "s", ">", "/", "▁"]
        let pieces = JSON.Object(uniqueKeysWithValues: names.enumerated().map { ($1, .integer($0)) })
        let model: JSON =
            kind == "Unigram"
            ? ["type": "Unigram", "unk_id": 0, "vocab": .array(names.map { [.string($0), -1] })]
            : [
                "type": .string(kind), "vocab": .object(pieces), "unk_token": "<unk>", "merges": [],
                "ignore_merges": true, "continuing_subword_prefix": "", "max_input_chars_per_word": 100,
            ]
        for normalized in [true, false] {
            let tokenizer = try tokenizer([
                "added_tokens": .array(
                    ["<s>", "</s>"].enumerated().map {
                        added($0 + 1, $1, special: true, normalized: normalized)
                    }),
                "normalizer": ["type": "Replace", "pattern": ["String": "…"], "content": "</"],
                "pre_tokenizer": kind == "WordLevel" ? ["type": "WhitespaceSplit"] : .null, "model": model,
            ])
            #expect(tokenizer.encode("a</s>", addSpecialTokens: false) == [3, 2])
            for text in ["</s>", "a<s>a</s>", "…s>", "</s> </s>"] {
                let plain = tokenizer.encode(text, plainRanges: [0..<text.utf8.count], addSpecialTokens: false)
                #expect(!plain.isEmpty && plain.allSatisfy { $0 > 2 || $0 == 0 }, "\(kind), \(text): \(plain)")
            }
        }
    }

    @Test func specialTokensMayTouchPlainText() throws {
        let tokenizer = try tokenizer([
            "added_tokens": [
                added(5, "<s>", special: true, normalized: false), added(6, "<s>a", special: true, normalized: false),
                added(7, "ab", special: false, normalized: false),
            ],
            "model": ["type": "BPE", "vocab": ["<": 0, "s": 1, ">": 2, "a": 3, "b": 4], "merges": []],
        ])
        func encode(_ text: String, _ plain: Range<Int>...) -> [Int32] {
            tokenizer.encode(text, plainRanges: plain, addSpecialTokens: false)
        }
        #expect(encode("<s>a") == [6])
        #expect(encode("<s>a", 3..<4) == [5, 3], "the shorter token that the words do not reach")
        #expect(encode("<s>ab<s>", 3..<5) == [5, 7, 5], "ordinary tokens are text")
        #expect(encode("<s>ab<s>", 3..<4) == [5, 7, 5])
        #expect(encode("a<s>b", 0..<2) == [3, 0, 1, 2, 4])
        #expect(encode("a<s>b", 3..<5) == [3, 0, 1, 2, 4])
        #expect(encode("a<s>b", 0..<1, 4..<5) == [3, 5, 4])
        #expect(encode("<s><s>", 0..<3) == [0, 1, 2, 5])
    }
}
