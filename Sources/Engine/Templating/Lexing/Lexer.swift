/// Splits a template into text and tags, with the white space control of `trim_blocks` and `lstrip_blocks`.
///
/// Source of the rules: Jinja's documentation, "White Space Control", in the set-up of Hugging Face chat templates.
struct Lexer {
    let name: String
    let source: [Unicode.Scalar]
    var position = 0
    var line = 1
    var tokens: [Token] = []
    /// Whether the last tag ended with a line, so that text after it begins one.
    private var isLineStart = true

    /// Whether tags that are not variables take the white space around them.
    private let trimsBlocks: Bool

    init(_ text: String, name: String, style: TemplateStyle = .chat) {
        self.name = name
        trimsBlocks = style == .chat
        source = Self.normalizingLines(text, keepsLast: style == .plain)
    }

    static func tokenize(
        _ text: String, name: String, style: TemplateStyle = .chat
    ) throws(TemplateError) -> [Token] {
        var lexer = Lexer(text, name: name, style: style)
        while try lexer.readTextAndTag() {}
        lexer.append(.end)
        return lexer.tokens
    }

    private static func normalizingLines(_ text: String, keepsLast: Bool) -> [Unicode.Scalar] {
        var scalars: [Unicode.Scalar] = []
        scalars.reserveCapacity(text.utf8.count)
        var previous: Unicode.Scalar = " "
        for scalar in text.unicodeScalars {
            if scalar == "\r" {
                scalars.append("\n")
            } else if !(scalar == "\n" && previous == "\r") {
                scalars.append(scalar)
            }
            previous = scalar
        }
        if scalars.last == "\n", !keepsLast { scalars.removeLast() }
        return scalars
    }

    mutating func append(_ kind: Token.Kind) { tokens.append(Token(kind: kind, line: line)) }

    func scalar(at index: Int) -> Unicode.Scalar? { index < source.count ? source[index] : nil }

    func matches(_ text: String, at index: Int) -> Bool {
        var index = index
        for scalar in text.unicodeScalars {
            guard self.scalar(at: index) == scalar else { return false }
            index += 1
        }
        return true
    }

    func error(_ reason: String, remedy: String = "", line: Int? = nil) -> TemplateError {
        TemplateError(kind: .syntax, template: name, line: line ?? self.line, reason: reason, remedy: remedy)
    }

    /// Moves to `end`, counting lines.
    mutating func advance(to end: Int) {
        for index in position..<end where source[index] == "\n" { line += 1 }
        position = end
    }

    mutating func skipSpace() {
        var end = position
        while let scalar = scalar(at: end), scalar.isPythonSpace { end += 1 }
        advance(to: end)
    }

    /// Reads text up to the next tag, and the tag; false at the end of the template.
    private mutating func readTextAndTag() throws(TemplateError) -> Bool {
        var start = position
        while start < source.count {
            if source[start] == "{", let next = scalar(at: start + 1), next == "{" || next == "%" || next == "#" {
                break
            }
            start += 1
        }
        guard start < source.count else {
            appendText(position..<start)
            return false
        }
        let kind = source[start + 1]
        appendText(position..<strippedEnd(of: position..<start, sign: scalar(at: start + 2), isVariable: kind == "{"))
        advance(to: start)
        let openingLine = line
        let sign = scalar(at: start + 2)
        advance(to: start + (sign == "-" || sign == "+" ? 3 : 2))
        switch kind {
        case "#": try readComment(openedOn: openingLine)
        case "{": try readExpression(opening: .variableBegin, closing: "}}", line: openingLine)
        default:
            if !(try readRaw(openedOn: openingLine)) {
                try readExpression(opening: .blockBegin, closing: "%}", line: openingLine)
            }
        }
        return true
    }

    private mutating func appendText(_ range: Range<Int>, line: Int? = nil) {
        guard !range.isEmpty else { return }
        tokens.append(Token(kind: .data(String(String.UnicodeScalarView(source[range]))), line: line ?? self.line))
    }

    /// Where the text in `range` ends once the tag that follows it has taken its white space.
    private func strippedEnd(of range: Range<Int>, sign: Unicode.Scalar?, isVariable: Bool) -> Int {
        var end = range.upperBound
        if sign == "-" {
            while end > range.lowerBound, source[end - 1].isPythonSpace { end -= 1 }
        } else if sign != "+", !isVariable, trimsBlocks {
            while end > range.lowerBound, source[end - 1] != "\n" {
                guard source[end - 1].isPythonSpace else { return range.upperBound }
                end -= 1
            }
            if end == range.lowerBound, !isLineStart { return range.upperBound }
        }
        return end
    }

    /// Consumes the end of a tag (`-%}`, `+%}`, `%}` and what white space they take) if it is next.
    mutating func consumeEnd(_ closing: String, trimsNewline: Bool = true) -> Bool {
        let isVariable = closing == "}}"
        var end = position
        if matches("-" + closing, at: end) {
            end += 3
            while let scalar = scalar(at: end), scalar.isPythonSpace { end += 1 }
        } else if !isVariable, trimsNewline, matches("+" + closing, at: end) {
            end += 3
        } else if matches(closing, at: end) {
            end += 2
            if !isVariable, trimsNewline, trimsBlocks, scalar(at: end) == "\n" { end += 1 }
        } else {
            return false
        }
        isLineStart = source[end - 1] == "\n"
        advance(to: end)
        return true
    }

    private mutating func readComment(openedOn line: Int) throws(TemplateError) {
        while position < source.count {
            if consumeEnd("#}") { return }
            advance(to: position + 1)
        }
        throw error("the comment is not closed", remedy: "end it with '#}'", line: line)
    }

    /// Reads a raw block if the tag that was just opened begins one.
    private mutating func readRaw(openedOn openingLine: Int) throws(TemplateError) -> Bool {
        let (start, startLine) = (position, line)
        skipSpace()
        guard matches("raw", at: position) else {
            (position, line) = (start, startLine)
            return false
        }
        advance(to: position + 3)
        skipSpace()
        guard consumeEnd("%}", trimsNewline: false) else {
            (position, line) = (start, startLine)
            return false
        }
        let (textStart, textLine) = (position, line)
        var tag = position
        while tag < source.count {
            if matches("{%", at: tag), let sign = endOfRaw(at: tag) {
                let text = textStart..<strippedEnd(of: textStart..<tag, sign: sign, isVariable: false)
                appendText(text, line: textLine)
                return true
            }
            tag += 1
        }
        throw error("the raw block is not closed", remedy: "end it with '{% endraw %}'", line: openingLine)
    }

    /// If the tag at `tag` is `endraw`, moves past it and returns the scalar after its opening.
    private mutating func endOfRaw(at tag: Int) -> Unicode.Scalar? {
        let (start, startLine) = (position, line)
        let sign = scalar(at: tag + 2)
        advance(to: tag + (sign == "-" || sign == "+" ? 3 : 2))
        skipSpace()
        if matches("endraw", at: position) {
            advance(to: position + 6)
            skipSpace()
            if consumeEnd("%}") { return sign }
        }
        (position, line) = (start, startLine)
        return nil
    }
}

extension Unicode.Scalar {
    /// Whether Python's `str.isspace` holds, which is what strips and splits go by.
    package var isPythonSpace: Bool {
        switch value {
        case 0x09...0x0D, 0x1C...0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000: true
        default: false
        }
    }
}
