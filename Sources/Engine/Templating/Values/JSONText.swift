import JSONValues

/// How `tojson` writes.
struct JSONFormat {
    var indent: String?
    var itemSeparator = ", "
    var keySeparator = ": "
    var sortsKeys = false
    var escapesNonASCII = false
}

extension Value {
    /// The value as Python's `json.dumps` writes it.
    func jsonText(_ format: JSONFormat) throws(TemplateError) -> String {
        var output = ""
        try writeJSON(to: &output, format, level: 0)
        return output
    }

    private func writeJSON(to output: inout String, _ format: JSONFormat, level: Int) throws(TemplateError) {
        switch self {
        case .none: output += "null"
        case .bool(let value): output += value ? "true" : "false"
        case .integer(let value): output += String(value)
        case .number(let value): output += value.jsonText
        case .string(let text), .markup(let text):
            JSON.write(text.text, to: &output, escapesNonASCII: format.escapesNonASCII)
        case .list(let elements), .tuple(let elements):
            if elements.items.isEmpty {
                output += "[]"
                return
            }
            output += "["
            for (index, item) in elements.items.enumerated() {
                Self.separate(index, to: &output, format, level: level + 1)
                try item.writeJSON(to: &output, format, level: level + 1)
            }
            Self.breakLine(to: &output, format, level: level)
            output += "]"
        case .dictionary(let mapping): try Self.writeJSON(mapping.members, to: &output, format, level: level)
        case .undefined, .range, .iterator, .namespace, .loop, .function:
            throw .operation(
                "a value of type \(typeName) cannot be written as JSON", remedy: "turn it into a list or a string first"
            )
        }
    }

    private static func writeJSON(
        _ members: Mapping.Members, to output: inout String, _ format: JSONFormat, level: Int
    ) throws(TemplateError) {
        if members.isEmpty {
            output += "{}"
            return
        }
        output += "{"
        var entries = Array(members)
        if format.sortsKeys {
            for (first, second) in zip(entries, entries.dropFirst())
            where first.key.value.compare(second.key.value) == nil {
                throw .operation("keys of different types cannot be sorted")
            }
            entries.sort { ($0.key.value.compare($1.key.value) ?? 0) < 0 }
        }
        for (index, entry) in entries.enumerated() {
            separate(index, to: &output, format, level: level + 1)
            JSON.write(try entry.key.value.jsonKey(), to: &output, escapesNonASCII: format.escapesNonASCII)
            output += format.keySeparator
            try entry.value.writeJSON(to: &output, format, level: level + 1)
        }
        breakLine(to: &output, format, level: level)
        output += "}"
    }

    private func jsonKey() throws(TemplateError) -> String {
        switch self {
        case .string(let text), .markup(let text): return text.text
        case .none: return "null"
        case .bool(let value): return value ? "true" : "false"
        case .integer(let value): return String(value)
        case .number(let value): return value.jsonText
        default: throw .operation("a \(typeName) cannot be a key in JSON")
        }
    }

    private static func separate(_ index: Int, to output: inout String, _ format: JSONFormat, level: Int) {
        if index > 0 { output += format.itemSeparator }
        breakLine(to: &output, format, level: level)
    }

    private static func breakLine(to output: inout String, _ format: JSONFormat, level: Int) {
        guard let indent = format.indent else { return }
        output += "\n"
        for _ in 0..<level { output += indent }
    }
}

extension Double {
    fileprivate var jsonText: String {
        if isNaN { return "NaN" }
        if isInfinite { return self < 0 ? "-Infinity" : "Infinity" }
        return pythonText
    }
}
