extension Lexer {
    /// Reads the inside of a `{{ }}` or `{% %}` tag up to and with its end.
    mutating func readExpression(opening: Token.Kind, closing: String, line openingLine: Int) throws(TemplateError) {
        append(opening)
        var brackets: [Symbol] = []
        while true {
            skipSpace()
            let endLine = line
            if brackets.isEmpty, consumeEnd(closing) {
                tokens.append(Token(kind: closing == "}}" ? .variableEnd : .blockEnd, line: endLine))
                return
            }
            guard let first = scalar(at: position) else {
                throw error("the tag is not closed", remedy: "end it with '\(closing)'", line: openingLine)
            }
            if first.isDigit {
                try readNumber()
            } else if first.isNamePart {
                let start = position
                while let scalar = scalar(at: position), scalar.isNamePart { position += 1 }
                append(.name(text(from: start)))
            } else if first == "'" || first == "\"" {
                try readString(quote: first)
            } else {
                try readSymbol(&brackets)
            }
        }
    }

    private func text(from start: Int) -> String { String(String.UnicodeScalarView(source[start..<position])) }

    private mutating func readSymbol(_ brackets: inout [Symbol]) throws(TemplateError) {
        guard let symbol = Symbol.allCases.first(where: { matches($0.rawValue, at: position) }) else {
            throw error("unexpected character '\(source[position])'")
        }
        if let closing = symbol.closing {
            brackets.append(closing)
        } else if [.rightBrace, .rightBracket, .rightParenthesis].contains(symbol) {
            guard brackets.popLast() == symbol else {
                throw error("unexpected '\(symbol.rawValue)'", remedy: "balance the brackets")
            }
        }
        append(.symbol(symbol))
        position += symbol.rawValue.utf8.count
    }

    private mutating func readNumber() throws(TemplateError) {
        let start = position
        if source[position] == "0", let mark = scalar(at: position + 1),
            let radix = ["b": 2, "o": 8, "x": 16, "B": 2, "O": 8, "X": 16][mark]
        {
            position += 2
            while let scalar = scalar(at: position), scalar.isNamePart { position += 1 }
            let digits = text(from: start).dropFirst(2).filter { $0 != "_" }
            guard let value = Int(digits, radix: radix) else { throw error("malformed or too large integer") }
            append(.integer(value))
            return
        }
        skipDigits()
        var isInteger = true
        let followsDot = start > 0 && source[start - 1] == "."
        if !followsDot, scalar(at: position) == ".", let next = scalar(at: position + 1), next.isDigit {
            isInteger = false
            position += 1
            skipDigits()
        }
        if !followsDot, let mark = scalar(at: position), mark == "e" || mark == "E" {
            let sign = scalar(at: position + 1)
            let digits = position + (sign == "+" || sign == "-" ? 2 : 1)
            if let digit = scalar(at: digits), digit.isDigit {
                isInteger = false
                position = digits
                skipDigits()
            }
        }
        let digits = text(from: start).filter { $0 != "_" }
        if isInteger {
            guard let value = Int(digits) else {
                throw error("the integer \(digits) is too large", remedy: "integers have 64 bits")
            }
            append(.integer(value))
        } else {
            append(.float(Double(digits) ?? .infinity))
        }
    }

    private mutating func skipDigits() {
        while let scalar = scalar(at: position), scalar.isDigit || scalar == "_" { position += 1 }
    }

    private mutating func readString(quote: Unicode.Scalar) throws(TemplateError) {
        let openingLine = line
        var text = String.UnicodeScalarView()
        advance(to: position + 1)
        while let scalar = scalar(at: position), scalar != quote {
            advance(to: position + 1)
            if scalar == "\\" {
                try readEscape(into: &text)
            } else {
                text.append(scalar)
            }
        }
        guard position < source.count else { throw error("the string is not closed", line: openingLine) }
        position += 1
        tokens.append(Token(kind: .string(String(text)), line: openingLine))
    }

    private mutating func readEscape(into text: inout String.UnicodeScalarView) throws(TemplateError) {
        guard let scalar = scalar(at: position) else { return }
        advance(to: position + 1)
        switch scalar {
        case "\n": break
        case "\\", "'", "\"": text.append(scalar)
        case "a": text.append("\u{07}")
        case "b": text.append("\u{08}")
        case "f": text.append("\u{0C}")
        case "n": text.append("\n")
        case "r": text.append("\r")
        case "t": text.append("\t")
        case "v": text.append("\u{0B}")
        case "x": text.append(try readCode(digits: 2))
        case "u": text.append(try readCode(digits: 4))
        case "U": text.append(try readCode(digits: 8))
        case "0"..."7":
            position -= 1
            var value: UInt32 = 0
            var count = 0
            while count < 3, let digit = self.scalar(at: position), ("0"..."7").contains(digit) {
                value = value * 8 + (digit.value - 48)
                position += 1
                count += 1
            }
            if let code = Unicode.Scalar(value) { text.append(code) }
        case "N": throw error("named characters are not supported", remedy: "write \\u and four digits")
        default:
            text.append("\\")
            text.append(scalar)
        }
    }

    private mutating func readCode(digits: Int) throws(TemplateError) -> Unicode.Scalar {
        let end = min(position + digits, source.count)
        let code = String(String.UnicodeScalarView(source[position..<end]))
        guard code.utf8.count == digits, let value = UInt32(code, radix: 16), let scalar = Unicode.Scalar(value) else {
            throw error("malformed escape in a string", remedy: "\(digits) hexadecimal digits of a character follow")
        }
        position = end
        return scalar
    }
}

extension Unicode.Scalar {
    /// Whether this is one of 0 to 9.
    var isDigit: Bool { ("0"..."9").contains(self) }

    /// Whether a name may contain this.
    var isNamePart: Bool {
        if isASCII { return isDigit || self == "_" || ("a"..."z").contains(self) || ("A"..."Z").contains(self) }
        return properties.isAlphabetic || properties.numericType != nil
    }
}
