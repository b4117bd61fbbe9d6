import Foundation
import JSONValues
import Testing
import Tokenization

/// Tokenizers of model folders: each form alone, and what the small files beside it say.
struct FolderTests {
    /// Calls `body` with a folder of these files.
    private func withFolder(_ files: [String: [UInt8]], _ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "swiftlet-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for (name, bytes) in files { try Data(bytes).write(to: folder.appending(path: name)) }
        try body(folder.path)
    }

    private func bytes(_ json: JSON) -> [UInt8] { Array(json.text().utf8) }

    /// Checks the cases of a fixture, without what the library of its format would add.
    private func check(_ tokenizer: Tokenizer, _ fixture: JSON, addsSpecial: Bool = false, parsesSpecial: Bool = false)
    {
        let cases = fixture["cases"]?.arrayValue ?? []
        #expect(!cases.isEmpty)
        for item in cases {
            let text = item["text"]?.stringValue ?? ""
            let ids = tokenizer.encode(text, addSpecialTokens: addsSpecial, parseSpecialTokens: parsesSpecial)
            #expect(ids == item["ids"]?.ids, "\(text.debugDescription)")
        }
    }

    @Test func tokenizerJSONWithItsCompanions() throws {
        let fixture = try Fixture.read("byte-level")
        let files = [
            "tokenizer.json": bytes(try #require(fixture["tokenizer"])),
            "special_tokens_map.json": bytes(["bos_token": "[MASK]", "pad_token": "<|x|>"]),
            "tokenizer_config.json": bytes([
                "bos_token": ["content": "<|x|>", "lstrip": false], "eos_token": "<|endoftext|>", "unk_token": nil,
            ]),
            "generation_config.json": bytes(["eos_token_id": [5, 7, -1, 1_000_000]]),
        ]
        try withFolder(files) { folder in
            let tokenizer = try Tokenizer(folder: folder)
            check(tokenizer, fixture, addsSpecial: true, parsesSpecial: true)
            let special = tokenizer.specialTokens
            #expect(special.beginOfText == tokenizer.id(ofPiece: "<|x|>"), "the later file counts")
            #expect(special.endOfText == tokenizer.id(ofPiece: "<|endoftext|>"))
            #expect(special.padding == tokenizer.id(ofPiece: "<|x|>"), "what the later file leaves out stays")
            #expect(special.unknown == nil)
            #expect(tokenizer.endOfGenerationTokens == [5, 7, try #require(special.endOfText)])
        }
    }

    @Test func tokenizerJSONComesFirst() throws {
        let fixture = try Fixture.read("bert")
        let files = [
            "tokenizer.json": bytes(try #require(fixture["tokenizer"])), "tokenizer.model": [1, 2, 3],
            "vocab.txt": Array("a\nb".utf8),
        ]
        try withFolder(files) { check(try Tokenizer(folder: $0), fixture, addsSpecial: true, parsesSpecial: true) }
    }

    @Test(arguments: [("tokenizer.model", "sentencepiece-bpe"), ("spiece.model", "sentencepiece-unigram")])
    func sentencePieceAlone(_ name: String, _ kind: String) throws {
        let fixture = try VocabularyFixture.read(kind)
        try withFolder([name: fixture.data()]) { check(try Tokenizer(folder: $0), fixture.json) }
    }

    /// Under a name of its own, and under SentencePiece's, as some models have it.
    @Test(arguments: ["qwen.tiktoken", "tokenizer.model"])
    func tiktoken(_ name: String) throws {
        let fixture = try VocabularyFixture.read("tiktoken")
        var added: JSON.Object = [:]
        for (content, id) in fixture.json["special"]?.objectValue ?? [:] {
            added["\(id.intValue ?? 0)"] = ["content": .string(content), "special": true]
        }
        let configuration: JSON = [
            "added_tokens_decoder": .object(added), "pattern": fixture.json["pattern"] ?? .null,
            "eos_token": "<|endoftext|>",
        ]
        try withFolder([name: fixture.data(), "tokenizer_config.json": bytes(configuration)]) { folder in
            let tokenizer = try Tokenizer(folder: folder)
            check(tokenizer, fixture.json, parsesSpecial: true)
            #expect(tokenizer.id(ofPiece: "<|im_start|>").map(tokenizer.isSpecial) == true)
        }
    }

    @Test func tekken() throws {
        let fixture = try VocabularyFixture.read("tekken")
        try withFolder(["tekken.json": fixture.data()]) { folder in
            let tokenizer = try Tokenizer(folder: folder)
            check(tokenizer, fixture.json, addsSpecial: true)
            #expect(tokenizer.specialTokens.beginOfText == 1)
            #expect(tokenizer.endOfGenerationTokens.contains(2))
        }
    }

    @Test func worldVocabulary() throws {
        let fixture = try VocabularyFixture.read("rwkv")
        try withFolder(["rwkv_vocab_v20230424.txt": fixture.data()]) { check(try Tokenizer(folder: $0), fixture.json) }
    }

    /// transformers takes `eos_token_id` of `config.json` where `generation_config.json` does not have it.
    @Test func endsOfGenerationInTheModelsConfiguration() throws {
        let tokenizer = bytes(try #require(try Fixture.read("byte-level")["tokenizer"]))
        func ends(_ config: JSON, _ generation: JSON? = nil) throws -> Set<Int32> {
            var files = ["tokenizer.json": tokenizer, "config.json": bytes(config)]
            if let generation { files["generation_config.json"] = bytes(generation) }
            var ends: Set<Int32> = []
            try withFolder(files) { ends = try Tokenizer(folder: $0).endOfGenerationTokens }
            return ends
        }
        let usual = try ends([:])
        #expect(try ends(["eos_token_id": 5]) == usual.union([5]))
        #expect(try ends(["eos_token_id": [5, 6]]) == usual.union([5, 6]))
        #expect(try ends(["eos_token_id": nil, "text_config": ["eos_token_id": 7]]) == usual.union([7]))
        #expect(try ends(["eos_token_id": 5], ["eos_token_id": 8]) == usual.union([8]))
        #expect(try ends(["eos_token_id": 5], ["temperature": 1]) == usual.union([5]))
        try withFolder(["tokenizer.json": tokenizer, "config.json": Array("{\"a\": Infinity".utf8)]) { folder in
            let ends = try Tokenizer(folder: folder).endOfGenerationTokens
            #expect(ends == usual)
        }
    }

    /// The pair of files says nothing of added tokens; the configuration beside it tells what they are.
    @Test func bytePairsWithAddedTokens() throws {
        let pieces: JSON = ["a": 0, "b": 1, "ab": 2, "<|endoftext|>": 3, "Ġ": 4]
        let files = [
            "vocab.json": bytes(pieces), "merges.txt": Array("#version: 0.2\na b\n".utf8),
            "tokenizer_config.json": bytes([
                "eos_token": "<|endoftext|>",
                "added_tokens_decoder": [
                    "3": ["content": "<|endoftext|>", "special": true],
                    "5": ["content": "<think>", "special": false, "normalized": false],
                    "6": ["content": "<r>", "special": true, "rstrip": true],
                ],
            ]),
            "added_tokens.json": bytes(["<old>": 7]),
        ]
        try withFolder(files) { folder in
            let tokenizer = try Tokenizer(folder: folder)
            let ids = tokenizer.encode("ab<think>ab<r> a<old>", addSpecialTokens: false)
            #expect(ids == [2, 5, 2, 6, 0, 7])
            #expect(tokenizer.decode(ids, skipSpecialTokens: true) == "ab<think>aba<old>")
            #expect(ids.map(tokenizer.isSpecial) == [false, false, false, true, false, false])
            #expect(!tokenizer.encode("<|endoftext|><think>", parseSpecialTokens: false).contains(3))
        }
    }

    @Test func sentencePieceWithAddedTokens() throws {
        let fixture = try VocabularyFixture.read("sentencepiece-bpe")
        var count = 0
        try withFolder(["tokenizer.model": try fixture.data()]) { count = try Tokenizer(folder: $0).vocabularySize }
        let configuration: JSON = [
            "eos_token": "<|turn|>",
            "added_tokens_decoder": [
                "\(count)": ["content": "<|turn|>", "special": true],
                "\(count + 1)": ["content": "<tool>", "special": false, "normalized": false],
            ],
        ]
        let files = ["tokenizer.model": try fixture.data(), "tokenizer_config.json": bytes(configuration)]
        try withFolder(files) { folder in
            let tokenizer = try Tokenizer(folder: folder)
            let ids = tokenizer.encode("<|turn|><tool>", addSpecialTokens: false)
            #expect(ids == [Int32(count), Int32(count) + 1])
            #expect(tokenizer.decode(ids, skipSpecialTokens: true) == "<tool>")
            #expect(tokenizer.specialTokens.endOfText == Int32(count))
            #expect(tokenizer.endOfGenerationTokens.contains(Int32(count)))
        }
        let taken = bytes(["added_tokens_decoder": ["3": ["content": "<|turn|>"]]])
        try withFolder(["tokenizer.model": try fixture.data(), "tokenizer_config.json": taken]) { folder in
            let error = #expect(throws: TokenizerError.self) { try Tokenizer(folder: folder) }
            #expect(error?.key == "added_tokens_decoder.3")
        }
    }

    @Test func foldersWithoutOne() throws {
        try withFolder(["config.json": bytes([:])]) { folder in
            let error = #expect(throws: TokenizerError.self) { try Tokenizer(folder: folder) }
            #expect(error?.source == folder && error?.key == "tokenizer.json")
        }
        try withFolder(["tokenizer.json": Array("{".utf8)]) { folder in
            let error = #expect(throws: TokenizerError.self) { try Tokenizer(folder: folder) }
            #expect(error?.source == "\(folder)/tokenizer.json")
        }
    }
}
