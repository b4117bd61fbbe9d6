import JSONValues

/// A request of `POST /v1/messages` in the form that chat templates take.
struct AnthropicMessages: Sendable {
    private(set) var messages: [JSON] = []
    /// Whether the last message is the beginning of the answer.
    var continuesFinalMessage: Bool { messages.last?["role"] == "assistant" }

    init(_ fields: RequestFields) throws(APIError) {
        if let system = try Self.system(fields) { messages.append(["role": "system", "content": .string(system)]) }
        guard let elements = try fields.array("messages") else { throw .invalid("messages", "is missing") }
        guard !elements.isEmpty else { throw .invalid("messages", "must hold at least one message") }
        for (index, element) in elements.enumerated() {
            let path = "messages[\(index)]"
            guard let members = element.objectValue else {
                throw .invalid(path, "must be an object, not \(element.kind)")
            }
            try add(RequestFields(members, path: path))
        }
    }

    private static func system(_ fields: RequestFields) throws(APIError) -> String? {
        guard let system = fields["system"] else { return nil }
        if let text = system.stringValue { return text.isEmpty ? nil : text }
        guard let blocks = system.arrayValue else {
            throw .invalid("system", "must be a string or an array of text blocks, not \(system.kind)")
        }
        var texts: [String] = []
        for (index, block) in blocks.enumerated() { texts.append(try text(block, path: "system[\(index)]")) }
        return texts.isEmpty ? nil : texts.joined(separator: "\n")
    }

    private mutating func add(_ fields: RequestFields) throws(APIError) {
        let role = try fields.string("role") ?? ""
        guard ["user", "assistant", "system"].contains(role) else {
            throw .invalid(fields.name("role"), "must be user or assistant, not \"\(role)\"")
        }
        let content = fields["content"]
        try fields.refuseUnread { _, _ in false }
        if let text = content?.stringValue { return append(role, text: text) }
        guard let blocks = content?.arrayValue else {
            throw .invalid(fields.name("content"), "must be a string or an array of blocks")
        }
        var turn = Turn()
        for (index, block) in blocks.enumerated() {
            try turn.add(block, path: "\(fields.name("content"))[\(index)]", isUser: role != "assistant")
        }
        // Results of tools are messages of their own, before what the user says beside them.
        messages += turn.results
        guard !turn.text.isEmpty || !turn.calls.isEmpty || turn.results.isEmpty else { return }
        var message: JSON.Object = ["role": .string(role), "content": .string(turn.text.joined(separator: "\n"))]
        if !turn.thoughts.isEmpty { message["reasoning_content"] = .string(turn.thoughts) }
        if !turn.calls.isEmpty { message["tool_calls"] = .array(turn.calls) }
        messages.append(.object(message))
    }

    private mutating func append(_ role: String, text: String) {
        messages.append(["role": .string(role), "content": .string(text)])
    }

    /// The blocks of one message.
    private struct Turn {
        var text: [String] = []
        var thoughts = ""
        var calls: [JSON] = []
        var results: [JSON] = []

        mutating func add(_ block: JSON, path: String, isUser: Bool) throws(APIError) {
            guard let members = block.objectValue else {
                throw .invalid(path, "must be an object, not \(block.kind)")
            }
            let fields = RequestFields(members, path: path)
            switch try fields.string("type") ?? "" {
            case "text": text.append(try AnthropicMessages.text(block, path: path))
            case "thinking" where !isUser: thoughts += try fields.string("thinking") ?? ""
            // Nobody but its maker can read it.
            case "redacted_thinking" where !isUser: break
            case "tool_use" where !isUser: try addCall(fields)
            case "tool_result" where isUser: try addResult(fields)
            case let type:
                throw .unsupported(
                    fields.name("type"),
                    "is \"\(type)\" here; this server reads text, thinking, tool_use and tool_result")
            }
        }

        private mutating func addCall(_ fields: RequestFields) throws(APIError) {
            guard let name = try fields.string("name") else { throw .invalid(fields.name("name"), "is missing") }
            let input = try fields.fields("input")?.object ?? [:]
            calls.append([
                "id": .string(try fields.string("id") ?? ""), "type": "function",
                "function": ["name": .string(name), "arguments": .object(input)],
            ])
        }

        private mutating func addResult(_ fields: RequestFields) throws(APIError) {
            let id = try fields.string("tool_use_id") ?? ""
            var content = ""
            if let text = fields["content"]?.stringValue {
                content = text
            } else {
                var texts: [String] = []
                for (index, block) in (try fields.array("content") ?? []).enumerated() {
                    texts.append(try AnthropicMessages.text(block, path: "\(fields.name("content"))[\(index)]"))
                }
                content = texts.joined(separator: "\n")
            }
            if try fields.bool("is_error") == true { content = "Error: " + content }
            results.append(["role": "tool", "tool_call_id": .string(id), "content": .string(content)])
        }
    }

    /// The text of a block that must be text.
    private static func text(_ block: JSON, path: String) throws(APIError) -> String {
        guard let members = block.objectValue else { throw .invalid(path, "must be an object, not \(block.kind)") }
        let fields = RequestFields(members, path: path)
        let type = try fields.string("type") ?? "text"
        guard type == "text" else {
            throw .unsupported(fields.name("type"), "is \"\(type)\", but this server reads text only")
        }
        guard let text = try fields.string("text") else { throw .invalid(fields.name("text"), "is missing") }
        return text
    }
}
