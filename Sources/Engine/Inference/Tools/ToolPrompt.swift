public import JSONValues

/// Explains tools to a model whose template does not know them: in the system's message, with earlier calls and their results
/// as text. The words are those that ``ToolCallFormat/generic`` reads.
public enum ToolPrompt {
    /// The conversation for a template that knows neither tools nor their results.
    public static func explaining(_ tools: [Tool], in messages: [JSON]) -> [JSON] {
        var messages = messages.map(plain)
        guard !tools.isEmpty else { return messages }
        let text = explanation(tools)
        if case .object(var first)? = messages.first, first["role"] == "system",
            let content = Self.text(of: first["content"])
        {
            first["content"] = .string(content.isEmpty ? text : content + "\n\n" + text)
            messages[0] = .object(first)
        } else {
            messages.insert(["role": "system", "content": .string(text)], at: 0)
        }
        return messages
    }

    private static func explanation(_ tools: [Tool]) -> String {
        let lines = tools.map { ($0.json["function"] ?? .null).text() }
        return """
            You can call these functions, each described by a JSON object:
            <tools>
            \(lines.joined(separator: "\n"))
            </tools>
            To call one, write its name and its arguments as a JSON object between tags, and nothing else:
            <tool_call>
            {"name": "<function name>", "arguments": {<its arguments>}}
            </tool_call>
            """
    }

    /// A message without calls, and without a role that only tools have.
    private static func plain(_ message: JSON) -> JSON {
        guard case .object(var members) = message else { return message }
        if let calls = members["tool_calls"]?.arrayValue, !calls.isEmpty {
            let texts = calls.map { call -> String in
                let function = call["function"] ?? call
                let arguments = function["arguments"].map { $0.stringValue ?? $0.text() } ?? "{}"
                let name = JSON.string(function["name"]?.stringValue ?? "").text()
                return
                    "<tool_call>\n{\"name\": \(name), \"arguments\": \(arguments.isEmpty ? "{}" : arguments)}\n</tool_call>"
            }
            let content = text(of: members["content"]) ?? ""
            members["content"] = .string(((content.isEmpty ? [] : [content]) + texts).joined(separator: "\n"))
            members["tool_calls"] = nil
        }
        if members["role"] == "tool" || members["role"] == "function" {
            let content = text(of: members["content"]) ?? ""
            return ["role": "user", "content": .string("<tool_response>\n\(content)\n</tool_response>")]
        }
        return .object(members)
    }

    private static func text(of content: JSON?) -> String? {
        if let parts = content?.arrayValue {
            return parts.compactMap { $0["text"]?.stringValue }.joined(separator: "\n")
        }
        return content?.stringValue
    }
}
