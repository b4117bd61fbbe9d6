/// How a JSON value is written out.
public struct JSONStyle: Sendable, Hashable {
    /// Spaces per level, or nil to write everything on one line.
    public var indentation: Int?
    /// What stands between elements on one line.
    public var itemSeparator: String
    /// What stands between a key and its value.
    public var keySeparator: String
    /// Whether keys are written in the order of their Unicode scalars instead of their own.
    public var sortsKeys: Bool
    /// Whether scalars above ASCII are written as `\u` escapes.
    public var escapesNonASCII: Bool

    /// Makes a style; without arguments the most compact one.
    public init(
        indentation: Int? = nil, itemSeparator: String = ",", keySeparator: String = ":", sortsKeys: Bool = false,
        escapesNonASCII: Bool = false
    ) {
        self.indentation = indentation
        self.itemSeparator = itemSeparator
        self.keySeparator = keySeparator
        self.sortsKeys = sortsKeys
        self.escapesNonASCII = escapesNonASCII
    }

    /// No white space at all.
    public static let compact = JSONStyle()
    /// Two spaces a level, for people.
    public static let pretty = JSONStyle(indentation: 2, keySeparator: ": ")
    /// As Python's `json.dumps(ensure_ascii=False)` writes, which is what chat templates are made for.
    public static let python = JSONStyle(itemSeparator: ", ", keySeparator: ": ")
}

extension JSON {
    /// The value as JSON text. Numbers that JSON cannot hold (infinity, not a number) are written as `null`.
    public func text(_ style: JSONStyle = .compact) -> String {
        var output = ""
        write(to: &output, style: style, level: 0)
        return output
    }

    private func write(to output: inout String, style: JSONStyle, level: Int) {
        switch self {
        case .null: output += "null"
        case .bool(let value): output += value ? "true" : "false"
        case .integer(let value): output += String(value)
        case .largeInteger(let digits): output += digits
        case .number(let value): output += value.isFinite ? "\(value)" : "null"
        case .string(let value): Self.write(value, to: &output, escapesNonASCII: style.escapesNonASCII)
        case .array(let elements):
            Self.write(elements, between: ("[", "]"), to: &output, style: style, level: level) { element, output in
                element.write(to: &output, style: style, level: level + 1)
            }
        case .object(let members):
            let keys =
                style.sortsKeys
                ? members.keys.sorted { $0.unicodeScalars.lexicographicallyPrecedes($1.unicodeScalars) }
                : Array(members.keys)
            Self.write(keys, between: ("{", "}"), to: &output, style: style, level: level) { key, output in
                Self.write(key, to: &output, escapesNonASCII: style.escapesNonASCII)
                output += style.keySeparator
                (members[key] ?? .null).write(to: &output, style: style, level: level + 1)
            }
        }
    }

    private static func write<Item>(
        _ items: [Item], between brackets: (String, String), to output: inout String, style: JSONStyle, level: Int,
        _ writeItem: (Item, inout String) -> Void
    ) {
        output += brackets.0
        for (index, item) in items.enumerated() {
            if let indentation = style.indentation {
                output += index == 0 ? "\n" : style.itemSeparator + "\n"
                output += String(repeating: " ", count: indentation * (level + 1))
            } else if index > 0 {
                output += style.itemSeparator
            }
            writeItem(item, &output)
        }
        if let indentation = style.indentation, !items.isEmpty {
            output += "\n" + String(repeating: " ", count: indentation * level)
        }
        output += brackets.1
    }

    /// Writes a string with its quotation marks.
    public static func write(_ string: String, to output: inout String, escapesNonASCII: Bool) {
        output += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": output += "\\\""
            case "\\": output += "\\\\"
            case "\n": output += "\\n"
            case "\r": output += "\\r"
            case "\t": output += "\\t"
            case "\u{08}": output += "\\b"
            case "\u{0C}": output += "\\f"
            case ..<" ": output += escape(UInt16(scalar.value))
            case "\u{7F}"... where escapesNonASCII:
                for unit in String(scalar).utf16 { output += escape(unit) }
            default: output.unicodeScalars.append(scalar)
            }
        }
        output += "\""
    }

    private static func escape(_ unit: UInt16) -> String {
        let digits = String(unit, radix: 16)
        return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }
}

extension JSON: CustomStringConvertible {
    /// The value as compact JSON text.
    public var description: String { text() }
}
