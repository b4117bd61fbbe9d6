import Foundation
import JSONValues
import Testing

@testable import Agents

struct MemoryTests {
    private func filled(_ memory: Memory, _ turns: Int = 4) async throws -> Memory {
        for turn in 1...turns { try await memory.remember(user: "question \(turn)", assistant: "answer \(turn)") }
        return memory
    }

    @Test func windowsAndBuffers() async throws {
        let store = try MemoryStore()
        #expect(try await filled(Memory(.buffer, store: store, conversation: "a")).recall(for: "").count == 8)
        let window = try await filled(Memory(.window(turns: 2), store: store, conversation: "b"))
        #expect(try await window.recall(for: "").first == .user("question 3"))
        let model = ScriptedModel([])
        // A turn has five tokens: seven have room for one.
        let tokens = try await filled(Memory(.tokenBuffer(tokens: 7, model), store: store, conversation: "c"))
        #expect(try await tokens.recall(for: "").map(\.text) == ["question 4", "answer 4"])
        try await window.forget()
        #expect(try await window.recall(for: "").isEmpty)
        #expect(try store.conversations() == ["a", "c"])
    }

    @Test func conversationsOutliveTheProcess() async throws {
        let path = FileManager.default.temporaryDirectory.path + "/memory-\(UUID().uuidString).sqlite"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try await Memory(.buffer, store: MemoryStore(path: path)).remember(user: "I am Ünal \0", assistant: "Hi")
        let again = Memory(.buffer, store: try MemoryStore(path: path))
        #expect(try await again.recall(for: "") == [.user("I am Ünal \0"), .assistant("Hi")])
    }

    @Test func summariesHoldWhatNoLongerFits() async throws {
        let model = ScriptedModel { messages, _ in
            ChatAnswer(text: messages[1].text.contains("question 1") ? "first" : "later")
        }
        let memory = Memory(.summaryBuffer(tokens: 7, model), store: try MemoryStore())
        _ = try await filled(memory, 1)
        #expect(try await memory.recall(for: "").count == 2)
        try await memory.remember(user: "question 2", assistant: "answer 2")
        #expect(
            try await memory.recall(for: "")
                == [.system("The conversation before: first"), .user("question 2"), .assistant("answer 2")])
        #expect(model.conversations.count == 1)
    }

    @Test func entitiesAndLikeTurnsAreFound() async throws {
        let store = try MemoryStore()
        let model = ScriptedModel([#"{"facts": [{"name": "Rex", "fact": "is a dog"}]}"#])
        let entities = Memory(.entities(model), store: store, conversation: "e")
        try await entities.remember(user: "My dog is Rex", assistant: "Nice")
        #expect(try await entities.recall(for: "How is Rex?").first == .system("What is known:\nRex: is a dog"))
        #expect(try await entities.recall(for: "How is it?").first?.role == .user)

        struct Words: TextVectors {
            func vectors(of texts: [String]) async throws -> [[Float]] {
                texts.map { text in ["dog", "rain", "x"].map { text.contains($0) ? 1 : 0.1 } }
            }
        }
        let vectors = Memory(.vectors(count: 1, Words()), store: store, conversation: "v")
        for text in ["about a dog", "about rain", "about nothing"] {
            try await vectors.remember(user: text, assistant: "yes")
        }
        #expect(
            try await vectors.recall(for: "the rain").map(\.text) == ["about rain", "yes", "about nothing", "yes"])
    }
}
