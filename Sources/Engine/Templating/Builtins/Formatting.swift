extension Evaluator {
    /// Python's `text % operand`.
    func formatPercent(_ template: MarkedText, with operand: Value) throws(TemplateError) -> MarkedText {
        var values = [operand][...]
        if case .tuple(let elements) = operand { values = elements.items[...] }
        var result = MarkedText("")
        var scalars = Array(template.text.unicodeScalars)[...]
        while let scalar = scalars.popFirst() {
            guard scalar == "%" else {
                result.append(String(scalar))
                continue
            }
            var value: Value?
            if scalars.first == "(" {
                let name = String(String.UnicodeScalarView(scalars.dropFirst().prefix { $0 != ")" }))
                scalars = scalars.drop { $0 != ")" }.dropFirst()
                guard case .dictionary(let mapping) = operand, let member = mapping.members[MappingKey(name)] else {
                    throw .operation("'%' finds no value named '\(name)'")
                }
                value = member
                values = []
            }
            let format = try percentFormat(&scalars, &values)
            guard let type = format.type else { throw .operation("a format after '%' is incomplete") }
            if type == "%" {
                result.append("%")
                continue
            }
            guard let item = value ?? values.popFirst() else { throw .operation("'%' has too few values") }
            result.append(MarkedText(try self.text(of: item, percent: format), isInput: item.hasInput))
            try reserve(bytes: result.text.utf8.count)
        }
        if template.hasInput { result = MarkedText(result.text, isInput: true) }
        if case .dictionary = operand { return result }
        guard values.isEmpty else { throw .operation("'%' has more values than the text has places for them") }
        return result
    }

    private func percentFormat(
        _ scalars: inout ArraySlice<Unicode.Scalar>, _ values: inout ArraySlice<Value>
    ) throws(TemplateError) -> FormatSpecification {
        var format = FormatSpecification()
        format.alignment = ">"
        while let flag = scalars.first, "-+ #0".unicodeScalars.contains(flag) {
            switch flag {
            case "-": format.alignment = "<"
            case "#": format.isAlternate = true
            case "0": if format.alignment != "<" { (format.fill, format.alignment) = ("0", "=") }
            default: if format.sign != "+" { format.sign = flag }
            }
            scalars.removeFirst()
        }
        if format.alignment == "<" { format.fill = " " }
        format.width = try size(&scalars, &values) ?? 0
        if format.width < 0 { (format.alignment, format.fill, format.width) = ("<", " ", -format.width) }
        if scalars.first == "." {
            scalars.removeFirst()
            format.precision = max(try size(&scalars, &values) ?? 0, 0)
        }
        while let first = scalars.first, "hlL".unicodeScalars.contains(first) { scalars.removeFirst() }
        format.type = scalars.popFirst()
        return format
    }

    /// A width or precision: digits, or `*` for the next value.
    private func size(
        _ scalars: inout ArraySlice<Unicode.Scalar>, _ values: inout ArraySlice<Value>
    ) throws(TemplateError) -> Int? {
        guard scalars.first == "*" else { return try FormatSpecification.number(&scalars) }
        scalars.removeFirst()
        let width = try integer(values.popFirst() ?? .none, for: "a width given by '*'")
        guard width.magnitude <= FormatSpecification.largest else {
            throw TemplateError(.limit, "a format is wider or more precise than \(FormatSpecification.largest)")
        }
        return width
    }

    private func text(of value: Value, percent format: FormatSpecification) throws(TemplateError) -> String {
        var format = format
        let type = format.type ?? "s"
        switch type {
        case "s", "r", "a":
            format.type = "s"
            if format.fill == "0" { (format.fill, format.alignment) = (" ", ">") }
            try spend(on: value)
            return try format.text(of: .string(type == "s" ? try print(value) : value.represented))
        case "d", "i", "u":
            guard let number = value.double, let whole = Int(exactly: number.rounded(.towardZero)) else {
                throw .operation("'%\(type)' takes a number, not a \(value.typeName)")
            }
            format.type = "d"
            let integer = value.integer ?? whole
            guard let digits = format.precision else { return try format.text(of: .integer(integer)) }
            let text = String(integer.magnitude)
            let zeros = String(repeating: "0", count: max(0, digits - text.utf8.count))
            format.type = "s"
            format.precision = nil
            let sign = integer < 0 ? "-" : format.sign == "-" ? "" : String(format.sign)
            return try format.text(of: .string(sign + zeros + text))
        case "o", "x", "X":
            guard let integer = value.integer else {
                throw .operation("'%\(type)' takes an integer, not a \(value.typeName)")
            }
            format.precision = nil
            return try format.text(of: .integer(integer))
        case "c":
            format.type = "s"
            if let text = value.text, text.unicodeScalars.count == 1 { return try format.text(of: value) }
            guard let code = value.integer.flatMap(UInt32.init(exactly:)).flatMap(Unicode.Scalar.init) else {
                throw .operation("'%c' takes a character or its number")
            }
            return try format.text(of: .string(String(code)))
        case "e", "E", "f", "F", "g", "G":
            guard let number = value.double else {
                throw .operation("'%\(type)' takes a number, not a \(value.typeName)")
            }
            return try format.text(of: .number(number))
        default: throw .operation("'%\(type)' is not a format")
        }
    }

    /// Python's `text.format(arguments)`.
    func formatBraces(_ template: MarkedText, _ arguments: Arguments) throws(TemplateError) -> MarkedText {
        var counter = 0
        let result = try formatBraces(template.text, arguments, counter: &counter, isNested: false)
        return template.hasInput ? MarkedText(result.text, isInput: true) : result
    }

    private func formatBraces(
        _ text: String, _ arguments: Arguments, counter: inout Int, isNested: Bool
    ) throws(TemplateError) -> MarkedText {
        var result = MarkedText("")
        var scalars = Array(text.unicodeScalars)[...]
        while let scalar = scalars.popFirst() {
            if (scalar == "{" || scalar == "}"), scalars.first == scalar {
                scalars.removeFirst()
                result.append(String(scalar))
            } else if scalar == "}" {
                throw .operation("a single '}' in the text of format", remedy: "write '}}'")
            } else if scalar == "{" {
                guard !isNested || result.text.utf8.count < 100 else { throw .operation("a format is too long") }
                var depth = 1
                let field = scalars.prefix { scalar in
                    depth += scalar == "{" ? 1 : scalar == "}" ? -1 : 0
                    return depth > 0
                }
                scalars = scalars.dropFirst(field.count)
                guard scalars.popFirst() != nil else {
                    throw .operation("a single '{' in the text of format", remedy: "write '{{'")
                }
                result.append(try formatField(field, arguments, &counter, isNested: isNested))
                try reserve(bytes: result.text.utf8.count)
            } else {
                result.append(String(scalar))
            }
        }
        return result
    }

    private func formatField(
        _ field: ArraySlice<Unicode.Scalar>, _ arguments: Arguments, _ counter: inout Int, isNested: Bool
    ) throws(TemplateError) -> MarkedText {
        var isInBrackets = false
        let path = field.prefix { scalar in
            if scalar == "[" { isInBrackets = true }
            if scalar == "]" { isInBrackets = false }
            return isInBrackets || (scalar != "!" && scalar != ":")
        }
        var rest = field.dropFirst(path.count)
        var value = try formatOperand(path, arguments, &counter)
        if rest.first == "!" {
            guard let conversion = rest.dropFirst().first, "rsa".unicodeScalars.contains(conversion) else {
                throw .operation("format converts with !r, !s or !a")
            }
            rest = rest.dropFirst(2)
            try spend(on: value)
            let text = conversion == "s" ? try print(value) : value.represented
            value = .string(MarkedText(text, isInput: value.hasInput))
        }
        guard rest.isEmpty || rest.first == ":" else { throw .operation("format expects ':' after a conversion") }
        var specification = String(String.UnicodeScalarView(rest.dropFirst()))
        if specification.utf8.contains(0x7B) {
            guard !isNested else { throw .operation("format nests too deep") }
            specification = try formatBraces(specification, arguments, counter: &counter, isNested: true).text
        }
        try spend(on: value)
        if specification.isEmpty { return try marked(value) }
        return MarkedText(try FormatSpecification(specification).text(of: value), isInput: value.hasInput)
    }

    /// The value of `0.name[key]`.
    private func formatOperand(
        _ path: ArraySlice<Unicode.Scalar>, _ arguments: Arguments, _ counter: inout Int
    ) throws(TemplateError) -> Value {
        let first = String(String.UnicodeScalarView(path.prefix { $0 != "." && $0 != "[" }))
        var rest = path.dropFirst(first.unicodeScalars.count)
        var value: Value
        if first.isEmpty || first.unicodeScalars.allSatisfy(\.isDigit) {
            let index = first.isEmpty ? counter : Int(first) ?? .max
            if first.isEmpty { counter += 1 }
            guard index < arguments.positional.count else { throw .operation("format has no argument \(index)") }
            value = arguments.positional[index]
        } else {
            guard let named = arguments.keyword.last(where: { $0.name.isIdentical(to: first) }) else {
                throw .operation("format has no argument '\(first)'")
            }
            value = named.value
        }
        while let mark = rest.popFirst() {
            let part = rest.prefix { mark == "[" ? $0 != "]" : $0 != "." && $0 != "[" }
            let name = String(String.UnicodeScalarView(part))
            rest = rest.dropFirst(part.count)
            if mark == "[" {
                rest = rest.dropFirst()
                value = try item(Int(name).map { .integer($0) } ?? .string(name), of: value)
            } else {
                value = try attribute(name, of: value)
            }
        }
        return value
    }
}
