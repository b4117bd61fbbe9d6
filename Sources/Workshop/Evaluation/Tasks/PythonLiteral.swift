import JSONValues

/// Reads what Python's `ast.literal_eval` reads of lists, texts, numbers, `True`, `False` and `None`: templates print choices so.
struct PythonLiteral {
    private var rest: ArraySlice<Unicode.Scalar>

    /// The value; nil if the text is no literal.
    static func value(_ text: String) -> JSON? {
        var reader = PythonLiteral(rest: text.strippedOfSpace.scalars[...])
        guard let value = reader.value(depth: 0) else { return nil }
        reader.skipSpace()
        return reader.rest.isEmpty ? value : nil
    }

    private init(rest: ArraySlice<Unicode.Scalar>) { self.rest = rest }

    private mutating func skipSpace() { rest = rest.drop { $0 == " " || $0 == "\n" || $0 == "\t" } }

    private mutating func value(depth: Int) -> JSON? {
        skipSpace()
        guard depth < 32, let first = rest.first else { return nil }
        switch first {
        case "[", "(": return list(closing: first == "[" ? "]" : ")", depth: depth)
        case "'", "\"": return text(quote: first)
        default:
            let word = rest.prefix { $0.isWordScalar || ".+-".unicodeScalars.contains($0) }
            rest = rest.dropFirst(word.count)
            switch String(Scalars(word)) {
            case "True": return .bool(true)
            case "False": return .bool(false)
            case "None": return .null
            case let number: return Int(number).map { .integer($0) } ?? Double(number).map { .number($0) }
            }
        }
    }

    private mutating func list(closing: Unicode.Scalar, depth: Int) -> JSON? {
        rest = rest.dropFirst()
        var elements: [JSON] = []
        while true {
            skipSpace()
            if rest.first == closing {
                rest = rest.dropFirst()
                return .array(elements)
            }
            guard let element = value(depth: depth + 1) else { return nil }
            elements.append(element)
            skipSpace()
            if rest.first == "," { rest = rest.dropFirst() } else if rest.first != closing { return nil }
        }
    }

    private mutating func text(quote: Unicode.Scalar) -> JSON? {
        rest = rest.dropFirst()
        var result = Scalars()
        while let scalar = rest.popFirst() {
            if scalar == quote { return .string(String(result)) }
            guard scalar == "\\" else {
                result.append(scalar)
                continue
            }
            guard let escape = rest.popFirst() else { return nil }
            switch escape {
            case "n": result.append("\n")
            case "t": result.append("\t")
            case "r": result.append("\r")
            case "\n": break
            case "x", "u", "U":
                let count = escape == "x" ? 2 : escape == "u" ? 4 : 8
                guard rest.count >= count, let code = UInt32(String(Scalars(rest.prefix(count))), radix: 16),
                    let scalar = Unicode.Scalar(code)
                else { return nil }
                result.append(scalar)
                rest = rest.dropFirst(count)
            case "\\", "'", "\"": result.append(escape)
            default: result += ["\\", escape]
            }
        }
        return nil
    }
}
