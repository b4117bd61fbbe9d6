import Foundation
import JSONValues
import Testing
import Tokenization

/// Text that is not UTF-8: vocabularies of bytes keep it, SentencePiece replaces it as its library does.
struct InvalidBytesTests {
    /// Byte-level BPE (without a normalizer, which would need characters), tiktoken and RWKV.
    private static func tokenizer(_ kind: String) throws -> Tokenizer {
        if kind != "byte-level" { return try VocabularyFixture.read(kind).tokenizer() }
        var json = try #require(Fixture.read("byte-level")["tokenizer"]?.objectValue)
        json["normalizer"] = .null
        return try Tokenizer(
            tokenizerJSON: Array(JSON.object(json).text().utf8), configuration: nil, source: "byte-level")
    }

    private func ids(_ tokenizer: Tokenizer, _ bytes: [UInt8]) -> [Int32] {
        bytes.withUnsafeBufferPointer { tokenizer.encode(bytes: $0, addSpecialTokens: false) }
    }

    @Test(arguments: ["byte-level", "tiktoken", "rwkv"])
    func bytesComeBack(_ kind: String) throws {
        let tokenizer = try Self.tokenizer(kind)
        for byte in UInt8.min ... .max {
            #expect(ids(tokenizer, [byte]).flatMap { tokenizer.bytes(of: $0) } == [byte])
            let inside = [0x61, byte, 0xC3, 0xA9, byte]
            #expect(ids(tokenizer, inside).flatMap { tokenizer.bytes(of: $0) } == inside)
        }
        var generator = RepeatableGenerator(state: 3)
        for _ in 0..<500 {
            let bytes = (0..<Int.random(in: 0...40, using: &generator)).map { _ in
                UInt8.random(in: .min ... .max, using: &generator)
            }
            let ids = ids(tokenizer, bytes)
            #expect(ids.flatMap { tokenizer.bytes(of: $0) } == bytes)
            #expect(tokenizer.decode(ids) == String(decoding: bytes, as: UTF8.self))
            var stream = tokenizer.makeStreamDecoder()
            let streamed = ids.map { stream.append($0) }.joined() + stream.finish()
            #expect(streamed == String(decoding: bytes, as: UTF8.self))
        }
    }

    @Test(arguments: ["sentencepiece-bpe", "sentencepiece-unigram"])
    func sentencePieceReplaces(_ kind: String) throws {
        let fixture = try VocabularyFixture.read(kind)
        let tokenizer = try fixture.tokenizer()
        let cases = fixture.json["invalid"]?.arrayValue ?? []
        #expect(cases.count > 10)
        for item in cases {
            let bytes = Array(try #require(Data(base64Encoded: item["bytes"]?.stringValue ?? "")))
            #expect(ids(tokenizer, bytes) == item["ids"]?.ids, "\(bytes)")
        }
    }

    /// Byte pieces take every byte of a stream, and show what is no character as U+FFFD.
    @Test func bytePiecesStream() throws {
        let tokenizer = try VocabularyFixture.read("sentencepiece-bpe").tokenizer()
        for byte in UInt8.min ... .max {
            let digits = String(byte, radix: 16, uppercase: true)
            let piece = "<0x\(digits.count == 1 ? "0" : "")\(digits)>"
            let id = try #require(tokenizer.id(ofPiece: piece))
            #expect(tokenizer.bytes(of: id) == [byte])
            #expect(tokenizer.decode([id]) == String(decoding: [byte], as: UTF8.self))
        }
    }
}

/// Random numbers that are the same in every run (SplitMix64).
struct RepeatableGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }
}
