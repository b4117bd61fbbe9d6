import Foundation
import Testing

@testable import SwiftletCommand

/// The editor without a terminal: bytes to keys, keys to text.
@Suite struct LineEditorTests {
    private func keys(_ text: String, pieces: Int = 1000) -> [Key] {
        var decoder = KeyDecoder()
        let bytes = Array(text.utf8)
        return stride(from: 0, to: bytes.count, by: pieces).flatMap {
            decoder.decode(Array(bytes[$0..<min($0 + pieces, bytes.count)]))
        }
    }

    private func entry(_ input: String, history: [String] = []) -> (outcome: EditState.Outcome, text: String) {
        var store = History(path: nil)
        for line in history { store.add(line) }
        var state = EditState(history: store, complete: SlashCommand.completions)
        var outcome = EditState.Outcome.goOn
        for key in keys(input) { outcome = state.apply(key) }
        return (outcome, state.buffer.text)
    }

    @Test(arguments: [1, 2, 3, 1000])
    func `bytes become keys however they arrive`(pieces: Int) {
        let input = "aé日👍\u{1B}[A\u{1B}OB\u{1B}[1;5C\u{1B}b\u{1B}[3~\u{1B}[H\u{1B}\r\u{7F}\u{01}\t\r"
        #expect(
            keys(input, pieces: pieces) == [
                .text("a"), .text("é"), .text("日"), .text("👍"), .up, .down, .wordRight, .wordLeft, .delete, .home,
                .newline, .backspace, .control("a"), .tab, .enter,
            ])
    }

    @Test(arguments: [1, 4, 1000])
    func `pasted lines stay one entry`(pieces: Int) {
        #expect(keys("\u{1B}[200~a\r\nb\u{1B}[31mc\u{1B}[201~d", pieces: pieces) == [.paste("a\nb[31mc"), .text("d")])
    }

    @Test func `bytes that are no UTF-8 are left out`() {
        var decoder = KeyDecoder()
        #expect(
            decoder.decode([0xFF, 0x61, 0xC3, 0x28, 0xED, 0xA0, 0x80, 0x62]) == [.text("a"), .text("("), .text("b")])
        #expect(decoder.decode([0x1B]) == [] && decoder.isWaiting)
        #expect(decoder.flush() == [.escape])
    }

    @Test(arguments: [
        ("hello\u{01}X", "Xhello"), ("hello\u{02}\u{02}X", "helXlo"), ("one two\u{17}x", "one x"),
        ("one two\u{15}x", "x"), ("one two\u{01}\u{0B}x", "x"), ("one two\u{1B}b\u{0B}", "one "),
        ("one two\u{17}\u{01}\u{19}", "twoone "), ("ab\u{7F}c", "ac"), ("ab\u{01}\u{1B}[3~", "b"),
        ("日本\u{7F}", "日"), ("e\u{301}\u{7F}", ""), ("ab\u{02}e\u{301}c", "ae\u{301}cb"), ("/sy\t", "/system "),
        ("/s\t", "/s"), ("x\t", "x"), ("one\u{1B}b\u{1B}fX", "oneX"),
    ])
    func `editing`(input: String, text: String) {
        #expect(entry(input).text == text)
    }

    @Test func `what ends an entry`() {
        #expect(entry("hi\r").outcome == .done(.text("hi")))
        #expect(entry("hi\u{03}").outcome == .done(.interrupted))
        #expect(entry("\u{04}").outcome == .done(.end))
        #expect(entry("ab\u{01}\u{04}").outcome == .goOn)
        #expect(entry("a\\\rb\r").outcome == .done(.text("a\nb")))
        #expect(entry("a\u{1B}\rb\r").outcome == .done(.text("a\nb")))
        #expect(entry("\"\"\"a\rb\r\"\"\"\r").outcome == .done(.text("a\nb\n")))
        #expect(entry("").outcome == .goOn)
    }

    @Test func `history and search`() {
        let history = ["first", "second", "third"]
        #expect(entry("new\u{1B}[A\u{1B}[A", history: history).text == "second")
        #expect(entry("new\u{1B}[A\u{1B}[B", history: history).text == "new")
        #expect(entry("\u{1B}[A\u{1B}[A\u{1B}[A\u{1B}[A", history: history).text == "first")
        #expect(entry("\u{12}ir", history: history).text == "third")
        #expect(entry("\u{12}ir\u{12}", history: history).text == "first")
        #expect(entry("\u{12}sec\r", history: history).outcome == .done(.text("second")))
    }

    @Test func `up and down move within several lines first`() {
        #expect(entry("abc\ndef\u{1B}[AX", history: ["old"]).text == "abcX\ndef")
        #expect(entry("abc\nd\u{1B}[A\u{1B}[BX", history: ["old"]).text == "abc\ndX")
    }

    @Test func `the history is kept, bounded, and survives damage`() throws {
        let path = NSTemporaryDirectory() + "history-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        var history = History(path: path)
        for line in ["a\nb", " ", "x", "x"] { history.add(line) }
        #expect(History(path: path).entries == ["a\nb", "x"])
        for index in 0..<History.limit + 5 { history.add("\(index)") }
        #expect(History(path: path).entries.count == History.limit)
        try Data("\"ok\"\n{broken\n".utf8).write(to: URL(fileURLWithPath: path))
        #expect(History(path: path).entries == ["ok"])
    }
}
