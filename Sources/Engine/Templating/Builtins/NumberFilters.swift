import JSONValues
import Platform

extension Evaluator {
    static let numberFilters: [String: FilterFunction] = [
        "abs": { evaluator, value, _ throws(TemplateError) in
            if let integer = value.integer { return integer < 0 ? try evaluator.negate(value) : .integer(integer) }
            guard let number = value.double else { throw .operation("abs takes a number, not a \(value.typeName)") }
            return .number(abs(number))
        },
        "int": { _, value, arguments throws(TemplateError) in
            let given = try arguments.bound(to: ["default", "base"], of: "int")
            return value.asInteger(base: given[1]?.integer ?? 10) ?? given[0] ?? .integer(0)
        },
        "float": { _, value, arguments throws(TemplateError) in
            let initial = try arguments.bound(to: ["default"], of: "float")[0] ?? .number(0)
            if let number = value.double { return .number(number) }
            return value.text.flatMap(Double.init(python:)).map { .number($0) } ?? initial
        },
        "round": { evaluator, value, arguments throws(TemplateError) in try evaluator.round(value, arguments) },
        "sum": { evaluator, value, arguments throws(TemplateError) in
            let given = try arguments.bound(to: ["attribute", "start"], of: "sum")
            var items = try evaluator.iterate(value)
            if let attribute = given[0], !attribute.isNone { items = try evaluator.members(attribute, of: items) }
            var total = given[1] ?? .integer(0)
            if total.text != nil { throw .operation("sum does not join strings", remedy: "use join") }
            for item in items { total = try evaluator.calculate(total, .add, item) }
            return total
        },
        "filesizeformat": { evaluator, value, arguments throws(TemplateError) in
            let isBinary = try arguments.bound(to: ["binary"], of: "filesizeformat")[0]?.isTrue == true
            guard let bytes = value.double ?? value.text.flatMap(Double.init(python:)) else {
                throw .operation("filesizeformat takes a number, not a \(value.typeName)")
            }
            return .string(try evaluator.fileSize(bytes, isBinary: isBinary))
        },
    ]

    private func round(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        let given = try arguments.bound(to: ["precision", "method"], of: "round")
        let precision = try integer(given[0] ?? .integer(0), for: "the precision of round")
        let method = given[1]?.text ?? "common"
        guard ["common", "ceil", "floor"].contains(method) else {
            throw .operation("round knows the methods 'common', 'ceil' and 'floor', not '\(method)'")
        }
        guard let number = value.double else { throw .operation("round takes a number, not a \(value.typeName)") }
        guard (-300...300).contains(precision) else { throw .operation("round cannot keep \(precision) digits") }
        if method == "common" {
            if let integer = value.integer, precision >= 0 { return .integer(integer) }
            guard precision != 0 else { return .number(number.rounded(.toNearestOrEven)) }
            if precision > 0 {
                guard number.isFinite else { return value }
                return .number(Double(number.formatted("%.\(precision)f")) ?? number)
            }
            let scale = pow(10, Double(-precision))
            let rounded = (number / scale).rounded(.toNearestOrEven) * scale
            return value.integer != nil ? .integer(Int(exactly: rounded) ?? 0) : .number(rounded)
        }
        let scale = pow(10, Double(precision))
        return .number((number * scale).rounded(method == "ceil" ? .up : .down) / scale)
    }

    private func fileSize(_ bytes: Double, isBinary: Bool) throws(TemplateError) -> String {
        let base: Double = isBinary ? 1024 : 1000
        if bytes == 1 { return "1 Byte" }
        if bytes < base { return "\(Int(exactly: bytes.rounded(.towardZero)) ?? 0) Bytes" }
        var unit = base
        for prefix in ["k", "M", "G", "T", "P", "E", "Z", "Y"] {
            unit *= base
            if bytes < unit || prefix == "Y" {
                let name = isBinary ? (prefix == "k" ? "Ki" : prefix + "i") : prefix
                return (base * bytes / unit).formatted("%.1f") + " \(name)B"
            }
        }
        return ""
    }
}

extension Value {
    /// Python's `int(value, base)`, then `int(float(value))`; nil if neither works.
    fileprivate func asInteger(base: Int) -> Value? {
        if let integer { return .integer(integer) }
        if case .number(let number) = self { return Int(exactly: number.rounded(.towardZero)).map { .integer($0) } }
        guard let text else { return nil }
        if let integer = Int(python: text, base: base) { return .integer(integer) }
        return Double(python: text).flatMap { Int(exactly: $0.rounded(.towardZero)) }.map { .integer($0) }
    }
}

extension Int {
    /// Python's `int(text, base)`: white space around, underscores between digits, a prefix that fits the base.
    fileprivate init?(python text: String, base: Int) {
        guard (2...36).contains(base) else { return nil }
        var digits = text.stripped(\.isPythonSpace).pythonLowercased
        var sign = ""
        if let first = digits.first, first == "-" || first == "+" {
            sign = String(first)
            digits.removeFirst()
        }
        let prefixes = [16: "0x", 8: "0o", 2: "0b"]
        if let prefix = prefixes[base], digits.begins(with: prefix) {
            digits.removeFirst(2)
            if digits.begins(with: "_") { digits.removeFirst() }
        }
        guard let plain = digits.withoutDigitSeparators, let first = plain.first, first != "-", first != "+" else {
            return nil
        }
        self.init(sign + plain, radix: base)
    }
}

extension Double {
    /// Python's `float(text)`.
    init?(python text: String) {
        guard let plain = text.stripped(\.isPythonSpace).pythonLowercased.withoutDigitSeparators else { return nil }
        switch plain {
        case "inf", "+inf", "infinity", "+infinity": self = .infinity
        case "-inf", "-infinity": self = -.infinity
        case "nan", "+nan", "-nan": self = .nan
        default:
            let allowed = "0123456789+-.e".unicodeScalars
            guard plain.unicodeScalars.allSatisfy(allowed.contains) else { return nil }
            // Swift, unlike Python, wants digits on both sides of the point.
            var digits = plain
            if digits.ends(with: ".") { digits += "0" }
            digits = digits.replacing(".e", with: ".0e")
            self.init(digits)
        }
    }
}

extension String {
    /// The text without underscores, or nil if one is not between two digits.
    fileprivate var withoutDigitSeparators: String? {
        guard utf8.contains(0x5F) else { return self }
        guard !begins(with: "_"), !ends(with: "_"), firstRange(of: "__") == nil else { return nil }
        return replacing("_", with: "")
    }
}
