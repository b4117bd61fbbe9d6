import JSONValues

/// In which form a template reads the content of a message.
///
/// Chat requests give it as a string or as an array of typed parts. A template that is written for one finds nothing in
/// the other, or prints the array as Python would, so each template is tried with both when it is read.
enum ContentForm: Sendable {
    case text, parts, either
}

extension ContentForm {
    /// Between the texts of several parts where a template reads one string; llama.cpp and vLLM put the same.
    private static let separator = "\n"

    /// The message with its content in this form. Parts other than text stay as they are.
    func fitting(_ message: JSON) -> JSON {
        guard case .object(var members) = message, let content = members["content"] else { return message }
        switch (self, content) {
        case (.parts, .string): members["content"] = [["type": "text", "text": content]]
        case (.text, .array(let parts)):
            var texts: [String] = []
            for part in parts {
                guard part["type"]?.stringValue == "text", let text = part["text"]?.stringValue else { return message }
                texts.append(text)
            }
            members["content"] = .string(texts.joined(separator: Self.separator))
        default: return message
        }
        return .object(members)
    }

    /// What `template` makes of the messages of each role, found out by trial.
    static func forms(of template: Template, _ variables: JSON.Object) -> [String: ContentForm] {
        // A trial that takes long says nothing, and must not hold a model up.
        let template = template.limited(to: TemplateLimits(steps: 200_000, outputBytes: 1 << 20))
        func message(_ role: String, _ content: JSON) -> JSON { ["role": .string(role), "content": content] }
        func parts(_ text: String) -> JSON { [["type": "text", "text": .string(text)]] }
        func reads(_ content: JSON, _ conversation: (JSON) -> [JSON]) -> Bool {
            var variables = variables
            variables["messages"] = .array(conversation(content))
            guard let text = try? template.render(variables) else { return false }
            // An array that was printed whole was not read.
            let isPrinted = ["'type':", "\"type\":"].contains { text.firstRange(of: $0) != nil }
            return text.firstRange(of: probe) != nil && !isPrinted
        }
        func form(_ conversation: (JSON) -> [JSON]) -> ContentForm? {
            switch (reads(.string(probe), conversation), reads(parts(probe), conversation)) {
            case (true, true): .either
            case (true, false): .text
            case (false, true): .parts
            case (false, false): nil
            }
        }
        let user = form { [message("user", $0)] } ?? .text
        let greeting = message("user", user == .parts ? parts("Hi") : "Hi")
        return [
            "user": user,
            "system": form { [message("system", $0), greeting] } ?? user,
            "assistant": form { [greeting, message("assistant", $0), greeting] } ?? user,
        ]
    }

    private static let probe = "Kingfisher7"
}
