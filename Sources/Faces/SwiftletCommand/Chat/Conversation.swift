import Files
import JSONValues

/// A conversation: the system prompt and the turns. Saved as a JSON object with the messages in the chat format of
/// the OpenAI interface, so that other tools read it too.
struct Conversation: Hashable {
    struct Message: Hashable {
        var role: String
        var content: String

        var json: JSON { ["role": .string(role), "content": .string(content)] }
    }

    var system: String?
    private(set) var turns: [Message] = []

    /// All messages, the system prompt first.
    var messages: [Message] {
        (system.map { [Message(role: "system", content: $0)] } ?? []) + turns
    }

    /// Adds what the user says.
    mutating func ask(_ text: String) { turns.append(Message(role: "user", content: text)) }

    /// Adds what the model says, however much of it there was.
    mutating func answer(_ text: String) { turns.append(Message(role: "assistant", content: text)) }

    /// Takes back the last question and its answer, and returns the question; nil if there is none.
    mutating func takeBackQuestion() -> String? {
        guard let last = turns.lastIndex(where: { $0.role == "user" }) else { return nil }
        let question = turns[last].content
        turns.removeSubrange(last...)
        return question
    }

    /// Forgets the turns; the system prompt stays.
    mutating func clear() { turns.removeAll() }

    /// Saves the conversation; the file appears whole or not at all.
    func save(to path: String) throws {
        let json: JSON = ["messages": .array(messages.map(\.json))]
        try AtomicFile.write(Array((json.text(.pretty) + "\n").utf8), to: path)
    }

    /// Reads a saved conversation, or a bare array of messages.
    static func load(from path: String) throws -> Conversation {
        let json = try JSON(parsing: FileSystem.contents(of: path), source: path)
        guard let messages = (json["messages"] ?? json).arrayValue else {
            throw FileError(
                "load", path, reason: "it is no conversation: it has no list of messages (\"messages\")")
        }
        var conversation = Conversation()
        for (index, message) in messages.enumerated() {
            guard let role = message["role"]?.stringValue, let content = message["content"]?.stringValue,
                ["system", "user", "assistant"].contains(role)
            else {
                throw FileError(
                    "load", path,
                    reason: "message \(index + 1) needs a role (system, user or assistant) and a content")
            }
            if role == "system" {
                conversation.system = content
            } else {
                conversation.turns.append(Message(role: role, content: content))
            }
        }
        return conversation
    }
}
