extension Value {
    /// Python's `str()`.
    var printed: String {
        switch self {
        case .undefined: ""
        case .string(let text), .markup(let text): text.text
        default: represented
        }
    }

    /// Python's `repr()`.
    var represented: String {
        var output = ""
        represent(into: &output)
        return output
    }

    private func represent(into output: inout String) {
        switch self {
        case .undefined: output += "Undefined"
        case .none: output += "None"
        case .bool(let value): output += value ? "True" : "False"
        case .integer(let value): output += String(value)
        case .number(let value): output += value.pythonText
        case .string(let text): Self.represent(text.text, into: &output)
        case .markup(let text):
            output += "Markup("
            Self.represent(text.text, into: &output)
            output += ")"
        case .list(let elements): Self.represent(elements.items, between: "[", "]", into: &output)
        case .tuple(let elements):
            Self.represent(elements.items, between: "(", elements.items.count == 1 ? ",)" : ")", into: &output)
        case .dictionary(let mapping): Self.represent(mapping.members, into: &output)
        case .range(let range):
            output += "range(\(range.start), \(range.stop)" + (range.step == 1 ? ")" : ", \(range.step))")
        case .iterator(let iterator):
            switch iterator.kind {
            case .generator: output += "<generator object>"
            default: Self.represent(iterator.items, between: iterator.kind.rawValue + "([", "])", into: &output)
            }
        case .namespace: output += "<Namespace>"
        case .loop(let loop): output += "<LoopContext \(loop.index0 + 1)/\(loop.knownCount)>"
        case .function(let function): output += "<\(function.name)>"
        }
    }

    private static func represent(
        _ items: [Value], between opening: String, _ closing: String, into output: inout String
    ) {
        output += opening
        for (index, item) in items.enumerated() {
            if index > 0 { output += ", " }
            item.represent(into: &output)
        }
        output += closing
    }

    private static func represent(_ members: Mapping.Members, into output: inout String) {
        output += "{"
        for (index, member) in members.enumerated() {
            if index > 0 { output += ", " }
            member.key.value.represent(into: &output)
            output += ": "
            member.value.represent(into: &output)
        }
        output += "}"
    }

    private static func represent(_ text: String, into output: inout String) {
        let quote: Unicode.Scalar = text.utf8.contains(0x27) && !text.utf8.contains(0x22) ? "\"" : "'"
        output.unicodeScalars.append(quote)
        for scalar in text.unicodeScalars {
            switch scalar {
            case quote, "\\":
                output += "\\"
                output.unicodeScalars.append(scalar)
            case "\n": output += "\\n"
            case "\r": output += "\\r"
            case "\t": output += "\\t"
            case "\u{20}"..."\u{7E}": output.unicodeScalars.append(scalar)
            default:
                if scalar.isPythonPrintable {
                    output.unicodeScalars.append(scalar)
                } else if scalar.value < 0x100 {
                    output += "\\x" + scalar.hexadecimal(digits: 2)
                } else if scalar.value < 0x10000 {
                    output += "\\u" + scalar.hexadecimal(digits: 4)
                } else {
                    output += "\\U" + scalar.hexadecimal(digits: 8)
                }
            }
        }
        output.unicodeScalars.append(quote)
    }
}

extension Unicode.Scalar {
    /// Python's `str.isprintable` for one scalar.
    var isPythonPrintable: Bool {
        switch properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
        case .spaceSeparator: self == " "
        default: true
        }
    }

    fileprivate func hexadecimal(digits: Int) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: digits - text.count) + text
    }
}

extension Double {
    /// Python's `repr()` of a float: the shortest digits, with an exponent from 1e16 up and below 1e-4.
    var pythonText: String {
        if isNaN { return "nan" }
        if isInfinite { return self < 0 ? "-inf" : "inf" }
        let text = "\(self)"
        guard let mark = text.firstIndex(of: "e") else {
            // Swift writes integers plainly up to 2^53, Python up to 10^16: both end in ".0" there.
            return text
        }
        let exponent = Int(text[text.index(after: mark)...]) ?? 0
        var mantissa = String(text[..<mark])
        if mantissa.hasSuffix(".0") { mantissa.removeLast(2) }
        if exponent >= 16 || exponent < -4 {
            let digits = String(abs(exponent))
            return mantissa + (exponent < 0 ? "e-" : "e+") + (digits.count < 2 ? "0" + digits : digits)
        }
        let isNegative = mantissa.hasPrefix("-")
        let digits = mantissa.filter(\.isNumber)
        let sign = isNegative ? "-" : ""
        if exponent < 0 { return sign + "0." + String(repeating: "0", count: -exponent - 1) + digits }
        return sign + digits + String(repeating: "0", count: Swift.max(0, exponent + 1 - digits.count)) + ".0"
    }
}
