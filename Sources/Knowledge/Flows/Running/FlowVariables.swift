import Agents
import JSONValues

/// The texts of a flow's settings: HTML of its editor is taken away, and `{{ ... }}` becomes what it names.
struct FlowVariables: Sendable {
    /// What the user says.
    var question = ""
    /// The conversation so far.
    var history: [ChatMessage] = []
    /// What came out of nodes, by id.
    var outputs: [String: JSON] = [:]
    /// The flow's own variables.
    var state: JSON.Object = [:]
    /// The values of the form it began with.
    var form: JSON.Object = [:]
    /// Variables that people set.
    var variables: JSON.Object = [:]
    /// The item of the running iteration.
    var iteration: JSON?
    /// What came out of the node whose settings are read.
    var output: JSON?
    /// How often each loop went back.
    var loops: [String: Int] = [:]
    /// The conversation's name.
    var session = ""

    /// A setting with everything in it filled in; what names nothing becomes nothing.
    func text(_ setting: String) -> String {
        let plain = EditorText.plain(setting)
        var (result, rest) = ("", plain[...])
        while let start = rest.range(of: "{{") {
            guard let end = rest[start.upperBound...].range(of: "}}") else { break }
            result += rest[..<start.lowerBound]
            let name = rest[start.upperBound..<end.lowerBound].trimmed
            if let value = value(String(name)) { result += value.stringValue ?? value.text() }
            rest = rest[end.upperBound...]
        }
        return result + rest
    }

    /// A setting as a value: one that is nothing but a name keeps the kind of what it names.
    func value(of setting: String) -> JSON {
        let plain = EditorText.plain(setting).trimmed
        if plain.hasPrefix("{{"), plain.hasSuffix("}}"), !plain.dropFirst(2).contains("{{") {
            return value(plain.dropFirst(2).dropLast(2).trimmed) ?? .null
        }
        return .string(text(setting))
    }

    /// What a name stands for.
    func value(_ name: String) -> JSON? {
        switch name {
        case "question", "$flow.input": return .string(question)
        case "chat_history":
            return .string(history.map { "\($0.role.rawValue): \($0.text)" }.joined(separator: "\n"))
        case "current_date_time": return .string(SmallTools.now())
        case "$iteration": return iteration
        case "$flow.sessionId", "$flow.chatId": return .string(session)
        case "output", "$flow.output": return output
        case "file_attachment": return ""
        case "runtime_messages_length": return .integer(outputs.count)
        case "loop_count": return .integer(loops.values.max() ?? 0)
        default: break
        }
        for (prefix, object) in [
            ("$flow.state.", JSON.object(state)), ("$form.", .object(form)), ("$vars.", .object(variables)),
            ("$iteration.", iteration ?? .null), ("$flow.output.", output ?? .null), ("output.", output ?? .null),
        ] where name.hasPrefix(prefix) { return object.at(String(name.dropFirst(prefix.count))) }
        let id = name.prefix { $0 != "." }
        guard let output = outputs[String(id)] else { return nil }
        let path = String(name.dropFirst(id.count + 1)).replacing("data.instance", with: "")
        if path.isEmpty { return output["content"] ?? output }
        return output.at(path) ?? output.at(String(path.dropFirst(path.hasPrefix("output.") ? 7 : 0)))
    }
}

/// Texts that were written in Flowise's editor, which keeps them as HTML.
enum EditorText {
    /// The text without tags, with line breaks where paragraphs end; a text without the editor's tags is as it was.
    static func plain(_ text: String) -> String {
        let marks = ["<p>", "<p ", "</p>", "<span class=\"variable\"", "<br>", "<ul>", "<ol>", "<h1>", "<h2>", "<h3>"]
        guard marks.contains(where: text.contains) else { return text }
        var (result, rest) = ("", text[...])
        while let start = rest.firstIndex(of: "<") {
            result += rest[..<start]
            guard let end = rest[start...].firstIndex(of: ">") else { break }
            let tag = rest[rest.index(after: start)..<end].prefix { $0 != " " && $0 != "/" || $0 == "/" }.lowercased()
            switch tag {
            case "/p", "br", "br/", "/li", "/ul", "/ol", "/h1", "/h2", "/h3", "/pre": endLine(&result)
            case "li": result += "- "
            default: break
            }
            rest = rest[rest.index(after: end)...]
        }
        return decoded(result + rest).trimmed
    }

    private static func endLine(_ text: inout String) {
        if !text.hasSuffix("\n") { text += "\n" }
    }

    private static func decoded(_ text: String) -> String {
        guard text.contains("&") else { return text }
        return [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&nbsp;", " "), ("&amp;", "&")]
            .reduce(text) { $0.replacing($1.0, with: $1.1) }
    }
}

extension Substring {
    /// Where a text stands first.
    fileprivate func range(of text: String) -> Range<Index>? { firstRange(of: text) }
}
