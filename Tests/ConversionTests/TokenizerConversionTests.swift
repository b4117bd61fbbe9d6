import Checkpoints
import Files
import Foundation
import JSONValues
import OrderedCollections
import Tensors
import Testing

@testable import Conversion

/// Tokenizers in both forms.
@Suite final class TokenizerConversionTests {
    private let place = FileManager.default.temporaryDirectory.appending(path: "tokenizers-\(UUID().uuidString)").path

    init() throws { try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true) }
    deinit { try? FileManager.default.removeItem(atPath: place) }

    private func write(_ json: JSON, to name: String) throws {
        try AtomicFile.write(Array(json.text().utf8), to: "\(place)/\(name)")
    }

    private static let smollm: JSON = [
        "added_tokens": [
            ["id": 0, "content": "<|end|>", "special": true], ["id": 5, "content": "<tool>", "special": false],
        ],
        "pre_tokenizer": [
            "type": "Sequence",
            "pretokenizers": [
                ["type": "Digits", "individual_digits": true],
                ["type": "ByteLevel", "add_prefix_space": false, "use_regex": true],
            ],
        ],
        "model": [
            "type": "BPE", "vocab": ["<|end|>": 0, "a": 1, "b": 2, "ab": 3, "Ġ": 4],
            "merges": [["a", "b"]],
        ],
    ]

    private func files(_ tokenizer: JSON, rows: Int) throws -> TokenizerFiles {
        try write(tokenizer, to: "tokenizer.json")
        return try TokenizerFiles.read(ModuleFolder(place), count: rows)
    }

    @Test func bytePairsAreRead() throws {
        let files = try files(Self.smollm, rows: 7)
        #expect(files.model == "gpt2" && files.pattern == "smollm")
        #expect(files.pieces == ["<|end|>", "a", "b", "ab", "Ġ", "<tool>", "[PAD6]"])
        #expect(files.types == [.control, .normal, .normal, .normal, .normal, .userDefined, .unused])
        #expect(files.merges == ["a b"])
    }

    /// 6 tokens do not fit into 5 rows.
    @Test func tokensBeyondTheEmbeddingAreRefused() throws {
        let error = #expect(throws: CheckpointError.self) { try files(Self.smollm, rows: 5) }
        #expect(error?.reason == "it has tokens up to 5, the embedding has 5 rows")
    }

    @Test func unknownCutsAreRefused() throws {
        var tokenizer = try #require(Self.smollm.objectValue)
        tokenizer["pre_tokenizer"] = ["type": "Split", "pattern": ["Regex": "x+"], "behavior": "Isolated"]
        let error = #expect(throws: CheckpointError.self) { try files(.object(tokenizer), rows: 7) }
        #expect(error?.location == "key pre_tokenizer")
    }

    private static let changes: [(key: String, step: JSON, word: String)] = [
        ("normalizer", ["type": "Lowercase"], "Lowercase"),
        ("normalizer", ["type": "Sequence", "normalizers": [["type": "NFC"], ["type": "NFKC"]]], "NFKC"),
        ("normalizer", ["type": "Replace", "pattern": ["String": "x"], "content": "y"], "Replace"),
        ("pre_tokenizer", ["type": "ByteLevel", "add_prefix_space": true, "use_regex": true], "add_prefix_space"),
        (
            "pre_tokenizer",
            ["type": "Split", "pattern": ["Regex": "\\p{N}"], "behavior": "MergedWithNext", "invert": false],
            "MergedWithNext"
        ),
    ]

    /// What GGUF has no word for is refused rather than left out.
    @Test(arguments: changes.indices) func changesOfTextsAreRefused(index: Int) throws {
        let (key, step, word) = Self.changes[index]
        var tokenizer = try #require(Self.smollm.objectValue)
        tokenizer[key] = step
        let error = #expect(throws: CheckpointError.self) { try files(.object(tokenizer), rows: 7) }
        #expect(error?.location == "key \(key)" && error?.reason.contains(word) == true, "\(error as Any)")
        tokenizer[key] = key == "normalizer" ? ["type": "NFC"] : Self.smollm[key]
        #expect(try files(.object(tokenizer), rows: 7).pieces.count == 7)
    }

    /// GGUF keys, written to a folder's files and read from there again.
    private func thereAndBack(_ keys: OrderedDictionary<String, GGUFValue>, rows: Int) throws -> TokenizerFiles {
        try GGUFWriter.write([], metadata: keys, to: "\(place)/a.gguf")
        guard case .gguf(let metadata) = try Checkpoint.open("\(place)/a.gguf").metadata else {
            throw CheckpointError(path: place, reason: "no GGUF")
        }
        var conversion = try HuggingFaceTokenizerConversion(metadata)
        return try files(try #require(try conversion.files()["tokenizer.json"]), rows: rows)
    }

    @Test func bytePairsComeBack() throws {
        let pieces = ["<|end|>", "a", "b", "ab", "<tool>", "[PAD5]"]
        let files = try thereAndBack(
            [
                "tokenizer.ggml.model": .string("gpt2"), "tokenizer.ggml.pre": .string("llama-bpe"),
                "tokenizer.ggml.tokens": .array(pieces.map { .string($0) }),
                "tokenizer.ggml.token_type": .array([3, 1, 1, 1, 4, 5].map { .int32($0) }),
                "tokenizer.ggml.merges": .array([.string("a b")]), "tokenizer.ggml.bos_token_id": .uint32(0),
            ], rows: 6)
        #expect(files.pattern == "llama-bpe" && files.pieces == pieces && files.merges == ["a b"])
        #expect(files.types.map(\.rawValue) == [3, 1, 1, 1, 4, 5])
    }

    /// The order in which pieces are made is that of their scores.
    @Test func sentencePieceComesBack() throws {
        let pieces = ["<unk>", "<s>", "<0x41>", "▁", "a", "b", "ab", "▁a", "▁ab"]
        let files = try thereAndBack(
            [
                "tokenizer.ggml.model": .string("llama"), "tokenizer.ggml.tokens": .array(pieces.map { .string($0) }),
                "tokenizer.ggml.scores": .array([0, 0, 0, -9, -8, -7, -2, -1, -3].map { .float32($0) }),
                "tokenizer.ggml.token_type": .array([2, 3, 6, 1, 1, 1, 1, 1, 1].map { .int32($0) }),
                "tokenizer.ggml.unknown_token_id": .uint32(0),
            ], rows: 9)
        #expect(files.model == "llama" && files.pieces == pieces && files.addsSpacePrefix == true)
        #expect(files.types.map(\.rawValue) == [2, 3, 6, 1, 1, 1, 1, 1, 1])
        #expect(files.scores[7] > files.scores[6] && files.scores[6] > files.scores[8])
    }

    /// A piece of SentencePiece's protocol buffer: text, score and type.
    private static func piece(_ text: String, _ score: Float, _ type: UInt8) -> [UInt8] {
        let bits = withUnsafeBytes(of: score.bitPattern.littleEndian) { Array($0) }
        let content = [0x0A, UInt8(text.utf8.count)] + Array(text.utf8) + [0x15] + bits + [0x18, type]
        return [0x0A, UInt8(content.count)] + content
    }

    /// `tokenizer.model` goes before `tokenizer.json`: its scores are those that the model was trained with.
    @Test func sentencePieceFilesAreRead() throws {
        let pieces: [(String, Float, UInt8)] = [
            ("<unk>", 0, 2), ("<s>", 0, 3), ("<0x41>", 0, 6), ("▁", -2.5, 1), ("▁a", -0.25, 1),
        ]
        let trainer: [UInt8] = [0x12, 2, 0x18, 2]
        let bytes = pieces.flatMap(Self.piece) + trainer + [0x1A, 2, 0x18, 0]
        try AtomicFile.write(bytes, to: "\(place)/tokenizer.model")
        try write(
            ["added_tokens_decoder": ["5": ["content": "<tool▁>", "special": false]]], to: "tokenizer_config.json")
        let files = try files(["model": ["type": "BPE", "byte_fallback": true]], rows: 7)
        #expect(files.model == "llama" && files.addsSpacePrefix == false)
        #expect(files.pieces == ["<unk>", "<s>", "<0x41>", "▁", "▁a", "<tool >", "[PAD6]"])
        #expect(files.types == [.unknown, .control, .byte, .normal, .normal, .userDefined, .unused])
        #expect(files.scores == [0, 0, 0, -2.5, -0.25, -1000, -10_000])
        let error = #expect(throws: CheckpointError.self) {
            try TokenizerFiles.read(ModuleFolder(place), count: 5)
        }
        #expect(error?.reason == "it has tokens up to 5, the embedding has 5 rows")
    }

    /// Unigram models choose pieces in another way than GGUF's `llama`.
    @Test func unigramsAreRefused() throws {
        try AtomicFile.write(Self.piece("a", -1, 1), to: "\(place)/tokenizer.model")
        #expect(throws: CheckpointError.self) { try TokenizerFiles.read(ModuleFolder(place), count: 5) }
    }
}
