import JSONValues

/// How one value is laid out by `str.format` or `%`.
///
/// Source: Python's "Format Specification Mini-Language".
struct FormatSpecification {
    var fill: Unicode.Scalar = " "
    var alignment: Unicode.Scalar?
    var sign: Unicode.Scalar = "-"
    var isAlternate = false
    var width = 0
    var grouping: Unicode.Scalar?
    var precision: Int?
    var type: Unicode.Scalar?

    /// The widest and most precise that a value is written.
    static let largest = 100_000

    init() {}

    /// Parses `[[fill]align][sign][#][0][width][grouping][.precision][type]`.
    init(_ text: String) throws(TemplateError) {
        var scalars = Array(text.unicodeScalars)[...]
        func isAlignment(_ scalar: Unicode.Scalar) -> Bool { "<>=^".unicodeScalars.contains(scalar) }
        if let second = scalars.dropFirst().first, isAlignment(second), let first = scalars.first {
            (fill, alignment) = (first, second)
            scalars = scalars.dropFirst(2)
        } else if let first = scalars.first, isAlignment(first) {
            alignment = first
            scalars.removeFirst()
        }
        if let first = scalars.first, "+- ".unicodeScalars.contains(first) {
            sign = first
            scalars.removeFirst()
        }
        if scalars.first == "#" {
            isAlternate = true
            scalars.removeFirst()
        }
        if scalars.first == "0" {
            scalars.removeFirst()
            if alignment == nil { (fill, alignment) = ("0", "=") }
        }
        width = try Self.number(&scalars) ?? 0
        if let first = scalars.first, first == "," || first == "_" {
            grouping = first
            scalars.removeFirst()
        }
        if scalars.first == "." {
            scalars.removeFirst()
            guard let digits = try Self.number(&scalars) else { throw .operation("a format lacks its precision") }
            precision = digits
        }
        type = scalars.popFirst()
        guard scalars.isEmpty else { throw .operation("'\(text)' is not a format") }
    }

    /// Reads digits from the front; nil if there are none.
    static func number(_ scalars: inout ArraySlice<Unicode.Scalar>) throws(TemplateError) -> Int? {
        let digits = scalars.prefix(while: \.isDigit)
        guard !digits.isEmpty else { return nil }
        scalars = scalars.dropFirst(digits.count)
        guard let number = Int(String(String.UnicodeScalarView(digits))), number <= largest else {
            throw TemplateError(.limit, "a format is wider or more precise than \(largest)")
        }
        return number
    }

    func text(of value: Value) throws(TemplateError) -> String {
        switch value {
        case .integer(let integer): return try text(of: integer)
        case .bool(let bool) where type != nil && type != "s": return try text(of: bool ? 1 : 0)
        case .number(let number): return try text(of: number)
        case .undefined(let reason) where width > 0 || type != nil: throw .undefined(reason)
        default:
            let isPlain = width == 0 && precision == nil && type == nil
            guard value.text != nil || isPlain || type == "s" || { if case .bool = value { true } else { false } }()
            else {
                throw .operation("a \(value.typeName) cannot be formatted", remedy: "turn it into a string first")
            }
            guard type == nil || type == "s", alignment != "=" || fill == "0" else { throw unknownType(of: value) }
            var text = value.printed
            if let precision { text = String(text.unicodeScalars.prefix(precision)) }
            return pad(text, sign: "", standard: "<")
        }
    }

    private func unknownType(of value: Value) -> TemplateError {
        .operation("the format '\(type.map(String.init) ?? "=")' does not fit a \(value.typeName)")
    }

    private func text(of integer: Int) throws(TemplateError) -> String {
        guard let type, type != "d", type != "n" else { return number(String(integer.magnitude), integer < 0) }
        switch type {
        case "b": return number(String(integer.magnitude, radix: 2), integer < 0, prefix: "0b", group: 4)
        case "o": return number(String(integer.magnitude, radix: 8), integer < 0, prefix: "0o", group: 4)
        case "x": return number(String(integer.magnitude, radix: 16), integer < 0, prefix: "0x", group: 4)
        case "X":
            return number(
                String(integer.magnitude, radix: 16, uppercase: true), integer < 0, prefix: "0X", group: 4)
        case "c":
            guard let code = UInt32(exactly: integer).flatMap(Unicode.Scalar.init) else {
                throw .operation("\(integer) is not a character")
            }
            return pad(String(code), sign: "", standard: "<")
        case "e", "E", "f", "F", "g", "G", "%": return try text(of: Double(integer))
        default: throw unknownType(of: .integer(integer))
        }
    }

    private func text(of value: Double) throws(TemplateError) -> String {
        let isNegative = value.sign == .minus && !value.isNaN
        let magnitude = value.magnitude
        guard let type else {
            let plain =
                precision.map { Self.general(magnitude, precision: $0, keepsPoint: true) } ?? magnitude.pythonText
            return number(plain, isNegative)
        }
        let digits = precision ?? 6
        var text: String
        switch type {
        case "f", "F": text = Self.fixed(magnitude, digits)
        case "e", "E": text = Self.exponential(magnitude, digits)
        case "g", "G", "n": text = Self.general(magnitude, precision: digits, keepsPoint: false)
        case "%": text = Self.fixed(magnitude * 100, digits) + "%"
        default: throw unknownType(of: .number(value))
        }
        if ["E", "F", "G"].contains(type) { text = text.pythonUppercased }
        return number(text, isNegative)
    }

    private static func fixed(_ value: Double, _ digits: Int) -> String {
        value.isFinite ? value.formatted("%.\(digits)f") : value.pythonText
    }

    private static func exponential(_ value: Double, _ digits: Int) -> String {
        value.isFinite ? value.formatted("%.\(digits)e") : value.pythonText
    }

    private static func general(_ value: Double, precision: Int, keepsPoint: Bool) -> String {
        guard value.isFinite else { return value.pythonText }
        let text = value.formatted("%.\(max(precision, 1))g")
        return keepsPoint && !text.contains(".") && !text.contains("e") ? text + ".0" : text
    }

    private func number(_ digits: String, _ isNegative: Bool, prefix: String = "", group: Int = 3) -> String {
        let mark = isNegative ? "-" : sign == "-" ? "" : String(sign)
        var digits = digits
        if let grouping {
            let whole = digits.unicodeScalars.prefix { $0.isHexadecimal }
            let rest = String(digits.unicodeScalars.dropFirst(whole.count))
            var grouped = String.UnicodeScalarView()
            for (index, digit) in whole.enumerated() {
                if index > 0, (whole.count - index) % group == 0 { grouped.append(grouping) }
                grouped.append(digit)
            }
            digits = String(grouped) + rest
        }
        return pad(digits, sign: mark + (isAlternate ? prefix : ""), standard: ">")
    }

    private func pad(_ text: String, sign: String, standard: Unicode.Scalar) -> String {
        let missing = width - text.unicodeScalars.count - sign.unicodeScalars.count
        guard missing > 0 else { return sign + text }
        let space = String(repeating: String(fill), count: missing)
        switch alignment ?? standard {
        case "<": return sign + text + space
        case "^":
            let half = String(space.unicodeScalars.prefix(missing / 2))
            return half + sign + text + String(space.unicodeScalars.dropFirst(missing / 2))
        case "=" where standard == ">": return sign + space + text
        case "=": return text + space
        default: return space + sign + text
        }
    }
}

extension Unicode.Scalar {
    fileprivate var isHexadecimal: Bool { isDigit || ("a"..."f").contains(self) || ("A"..."F").contains(self) }
}
