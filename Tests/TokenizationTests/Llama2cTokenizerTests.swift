import Testing
import Tokenization

/// `tokenizer.bin` of llama2.c: bytes, then pieces with scores, merged best score first as `run.c` merges them.
@Suite struct Llama2cTokenizerTests {
    static let pieces = [" he", "he", "ll", " hell", "o", "l", "h", "e", " ", "ello"]

    static var file: [UInt8] {
        var bytes = word(27)
        func add(_ piece: String, _ score: Float) {
            bytes += word(score.bitPattern) + word(UInt32(piece.utf8.count)) + Array(piece.utf8)
        }
        for piece in ["<unk>", "\n<s>\n", "\n</s>\n"] { add(piece, 0) }
        for byte in UInt8.min ... .max {
            let digits = String(byte, radix: 16, uppercase: true)
            add("<0x\(digits.count == 1 ? "0" : "")\(digits)>", 0)
        }
        for (index, piece) in pieces.enumerated() { add(piece, -Float(index)) }
        return bytes
    }

    static func word(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }

    func id(_ piece: String) throws -> Int32 { 259 + Int32(try #require(Self.pieces.firstIndex(of: piece))) }

    @Test func mergesByScore() throws {
        let tokenizer = try Tokenizer(llama2c: Self.file, source: "tokenizer.bin")
        // "he" and "ll" are merged before " he", which cannot be made of "▁" and "he" before "he" is there.
        #expect(try tokenizer.encode("hello") == [1, id(" hell"), id("o")])
        #expect(try tokenizer.encode("eé") == [1, id(" "), id("e"), 3 + 0xC3, 3 + 0xA9])
        #expect(try tokenizer.decode([id(" hell"), id("o"), id(" he"), 3 + 0x21]) == "hello he!")
        #expect(tokenizer.specialTokens.beginOfText == 1 && tokenizer.specialTokens.endOfText == 2)
    }

    @Test func truncationIsAnError() throws {
        let file = Self.file
        for length in stride(from: 0, to: 259 * 14, by: 7) {
            #expect(throws: TokenizerError.self) { try Tokenizer(llama2c: Array(file[..<length]), source: "f") }
        }
        var damaged = file
        damaged.replaceSubrange(8..<12, with: [255, 255, 255, 255])
        #expect(throws: TokenizerError.self) { try Tokenizer(llama2c: damaged, source: "f") }
    }
}
