import Decoding
import Foundation
import Testing

@testable import SwiftletCommand

@Suite struct ConversationTests {
    @Test func `a conversation is saved and loaded`() throws {
        let path = NSTemporaryDirectory() + "conversation-\(UUID().uuidString).json"
        defer { try? FileManager.default.removeItem(atPath: path) }
        var conversation = Conversation()
        conversation.system = "Be \"brief\"."
        conversation.ask("Héllo\n日本")
        conversation.answer("Hi")
        try conversation.save(to: path)
        #expect(try Conversation.load(from: path) == conversation)
        #expect(conversation.messages.map(\.role) == ["system", "user", "assistant"])
        #expect(conversation.takeBackQuestion() == "Héllo\n日本")
        #expect(conversation.takeBackQuestion() == nil && conversation.turns.isEmpty)
    }

    @Test(arguments: ["", "{}", "[1]", #"[{"role": "robot", "content": "x"}]"#, #"[{"role": "user"}]"#])
    func `other files are refused`(text: String) throws {
        let path = NSTemporaryDirectory() + "conversation-\(UUID().uuidString).json"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        #expect(throws: (any Error).self) { try Conversation.load(from: path) }
    }

    @Test func `commands`() throws {
        #expect(try SlashCommand("hello") == nil)
        #expect(try SlashCommand("/system  Be brief. ") == .system("Be brief."))
        #expect(try SlashCommand("/set temperature 0.3") == .set("temperature", "0.3"))
        #expect(try SlashCommand("/set verbose") == .set("verbose", "on"))
        for line in ["/", "/nothing", "/set", "/set temperature", "/save", "/load "] {
            #expect(throws: SlashCommand.ParseError.self) { try SlashCommand(line) }
        }
    }

    @Test func `settings have bounds`() throws {
        var parameters = SamplingParameters()
        try parameters.set("temperature", to: "0.3")
        try parameters.set("top-k", to: "0")
        try parameters.set("seed", to: "18446744073709551615")
        #expect(parameters.temperature == 0.3 && parameters.topK == 0 && parameters.seed == .max)
        for (name, value) in [
            ("temperature", "-1"), ("temperature", "nan"), ("temperature", "inf"), ("top-p", "1.1"), ("top-k", "-1"),
            ("repetition-penalty", "0"), ("seed", "-1"), ("nothing", "1"),
        ] {
            #expect(throws: SamplingSettingError.self, "\(name) \(value)") { try parameters.set(name, to: value) }
        }
    }

    @Test func `output`() {
        var table = Table(["NAME", "SIZE"], rightAligned: [1])
        table.add(["日本", "92 MB"])
        #expect(table.text == "NAME   SIZE\n日本  92 MB\n")
        #expect(Quantities.bytes(999) == "999 B" && Quantities.bytes(92_000_000) == "92 MB")
        #expect(Quantities.bytes(1_300_000_000) == "1.3 GB" && Quantities.seconds(200) == "3m 20s")
        let bar = ProgressBar.text(file: "m.gguf", done: 50, total: 100, rate: 10, columns: 80)
        #expect(bar.hasPrefix("m.gguf [") && bar.hasSuffix(" 50%  50 B/100 B  10 B/s  5s left"))
        for columns in 0...120 {
            #expect(
                ProgressBar.text(file: "日model.gguf", done: 1, total: 3, rate: 9, columns: columns).count
                    <= max(0, columns - 1))
        }
    }
}
