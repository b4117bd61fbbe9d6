import Essentials
public import JSONValues

/// Tools that need nothing.
public enum SmallTools {
    /// Tells date and time.
    public static var clock: AgentTool {
        AgentTool(
            "clock", "The current date and time (UTC), and the day of the week.",
            parameters: ["type": "object", "properties": [:], "additionalProperties": false]
        ) { _ in now() }
    }

    /// Now, such as `Sunday, 2026-11-29T10:00:00Z`.
    public static func now() -> String { now(Date()) }

    /// A time, such as `Sunday, 2026-11-29T10:00:00Z`.
    static func now(_ date: Date) -> String {
        let days = ["Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday", "Wednesday"]
        let day = Int((date.timeIntervalSince1970 / 86_400).rounded(.down))
        return "\(days[((day % 7) + 7) % 7]), \(date.formatted(.iso8601))"
    }

    /// Reads one value within a JSON text, by a path such as `items[0].name`.
    public static var jsonPath: AgentTool {
        AgentTool(
            "json_path", "Reads one value within a JSON text, by a path such as items[0].name.",
            parameters: [
                "type": "object", "properties": ["json": ["type": "string"], "path": ["type": "string"]],
                "required": ["json", "path"], "additionalProperties": false,
            ]
        ) { arguments in
            guard let text = arguments["json"]?.stringValue, let path = arguments["path"]?.stringValue else {
                throw ToolError.arguments(tool: "json_path", reason: "json and path are texts")
            }
            let value = try JSON(parsing: text, source: "json")
            guard let found = value.at(path) else {
                throw ToolError.failed(tool: "json_path", reason: "there is nothing at \(path)")
            }
            return found.stringValue ?? found.text()
        }
    }
}

extension JSON {
    /// The value at a path such as `items[0].name`; nil if there is none.
    public func at(_ path: String) -> JSON? {
        var value = self
        var rest = path.hasPrefix("$.") ? path.dropFirst(2) : path[...]
        while !rest.isEmpty {
            if rest.first == "." { rest = rest.dropFirst() }
            if rest.first == "[" {
                guard let end = rest.firstIndex(of: "]") else { return nil }
                let key = rest[rest.index(after: rest.startIndex)..<end].filter { $0 != "\"" && $0 != "'" }
                guard let next = Int(key).flatMap({ value[$0] }) ?? value[String(key)] else { return nil }
                value = next
                rest = rest[rest.index(after: end)...]
            } else {
                let name = rest.prefix { $0 != "." && $0 != "[" }
                guard !name.isEmpty, let next = value[String(name)] ?? Int(name).flatMap({ value[$0] }) else {
                    return nil
                }
                value = next
                rest = rest.dropFirst(name.count)
            }
        }
        return value
    }
}
