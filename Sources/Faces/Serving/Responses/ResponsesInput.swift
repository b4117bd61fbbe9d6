import JSONValues

/// The `input` and `instructions` of `POST /v1/responses` in the form that chat templates take.
struct ResponsesInput: Sendable {
    private(set) var messages: [JSON] = []

    private static let roles = ["user", "assistant", "system", "developer"]

    init(_ fields: RequestFields) throws(APIError) {
        if let instructions = try fields.string("instructions"), !instructions.isEmpty {
            messages.append(["role": "system", "content": .string(instructions)])
        }
        guard let input = fields["input"] else { throw .invalid("input", "is missing") }
        if let text = input.stringValue {
            messages.append(["role": "user", "content": .string(text)])
            return
        }
        guard let items = input.arrayValue else {
            throw .invalid("input", "must be a string or an array of items, not \(input.kind)")
        }
        guard !items.isEmpty else { throw .invalid("input", "must hold at least one item") }
        for (index, item) in items.enumerated() {
            guard let members = item.objectValue else {
                throw .invalid("input[\(index)]", "must be an object, not \(item.kind)")
            }
            try add(RequestFields(members, path: "input[\(index)]"))
        }
    }

    private mutating func add(_ fields: RequestFields) throws(APIError) {
        switch try fields.string("type") ?? "message" {
        case "message":
            let role = try fields.string("role") ?? ""
            guard Self.roles.contains(role) else {
                throw .invalid(
                    fields.name("role"), "must be one of \(Self.roles.joined(separator: ", ")), not \"\(role)\"")
            }
            guard let content = fields["content"] else { throw .invalid(fields.name("content"), "is missing") }
            // Templates know the older name only.
            let name = role == "developer" ? "system" : role
            messages.append([
                "role": .string(name), "content": .string(try Self.text(content, name: fields.name("content"))),
            ])
        case "function_call":
            guard let name = try fields.string("name") else { throw .invalid(fields.name("name"), "is missing") }
            let call: JSON = [
                "id": .string(try fields.string("call_id") ?? ""), "type": "function",
                "function": [
                    "name": .string(name), "arguments": .string(try fields.string("arguments") ?? "{}"),
                ],
            ]
            add(call)
        case "function_call_output":
            guard let output = fields["output"] else { throw .invalid(fields.name("output"), "is missing") }
            messages.append([
                "role": "tool", "tool_call_id": .string(try fields.string("call_id") ?? ""),
                "content": .string(try Self.text(output, name: fields.name("output"))),
            ])
        // What was thought about earlier turns is not part of later prompts.
        case "reasoning": break
        case let type:
            throw .unsupported(
                fields.name("type"),
                "is \"\(type)\"; this server reads message, function_call, function_call_output and reasoning")
        }
    }

    /// Calls of one turn stand in one message.
    private mutating func add(_ call: JSON) {
        if case .object(var last)? = messages.last, last["role"] == "assistant" {
            last["tool_calls"] = .array((last["tool_calls"]?.arrayValue ?? []) + [call])
            messages[messages.count - 1] = .object(last)
        } else {
            messages.append(["role": "assistant", "content": "", "tool_calls": [call]])
        }
    }

    private static func text(_ content: JSON, name: String) throws(APIError) -> String {
        if let text = content.stringValue { return text }
        guard let parts = content.arrayValue else {
            throw .invalid(name, "must be a string or an array of parts, not \(content.kind)")
        }
        var text = ""
        for (index, part) in parts.enumerated() {
            let type = part["type"]?.stringValue ?? ""
            switch type {
            case "input_text", "output_text", "text": text += part["text"]?.stringValue ?? ""
            case "refusal": text += part["refusal"]?.stringValue ?? ""
            default: throw .unsupported("\(name)[\(index)].type", "is \"\(type)\", but this server reads text only")
            }
        }
        return text
    }
}
