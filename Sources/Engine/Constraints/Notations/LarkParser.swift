/// Reads grammars in Lark's notation. Where Lark would cut text into the longest tokens, every way to cut it counts here.
struct LarkParser {
    private let source: GrammarSource
    private var position = 0
    private var depth = 0
    private var rules: [String: Production] = [:]
    private var ignored: [Production] = []
    private var isInTerminal = false
    static let deepestNesting = 100

    /// The rules of `text`; the text begins at `start`.
    static func parse(_ text: String, start: String = "start") throws(ConstraintError) -> RuleSet {
        var parser = LarkParser(source: GrammarSource(text))
        try parser.parseStatements()
        guard parser.rules[start] != nil else { throw parser.source.error(at: 0, "there is no rule \"\(start)\"") }
        return RuleSet(rules: parser.rules, root: start, ignored: parser.ignored, source: parser.source)
    }

    private init(source: GrammarSource) { self.source = source }

    private var peek: Unicode.Scalar? { position < source.scalars.count ? source.scalars[position] : nil }

    private func peek(_ offset: Int) -> Unicode.Scalar? {
        position + offset < source.scalars.count ? source.scalars[position + offset] : nil
    }

    private func error(_ reason: String) -> ConstraintError { source.error(at: position, reason) }

    private mutating func consume(_ text: String) -> Bool {
        let wanted = Array(text.unicodeScalars)
        guard source.scalars[position...].starts(with: wanted) else { return false }
        position += wanted.count
        return true
    }

    private mutating func skipSpace(acrossLines: Bool) {
        while let scalar = peek {
            if scalar == " " || scalar == "\t" || acrossLines && (scalar == "\n" || scalar == "\r") {
                position += 1
            } else if scalar == "/" && peek(1) == "/" || scalar == "#" {
                while let next = peek, next != "\n" { _ = next; position += 1 }
            } else {
                return
            }
        }
    }

    private mutating func parseStatements() throws(ConstraintError) {
        skipSpace(acrossLines: true)
        while let scalar = peek {
            if scalar == "%" { try parseDirective() } else { try parseRule() }
            skipSpace(acrossLines: true)
        }
    }

    private mutating func parseDirective() throws(ConstraintError) {
        if consume("%ignore") {
            skipSpace(acrossLines: false)
            isInTerminal = true
            ignored.append(try parseChoice())
            isInTerminal = false
        } else if consume("%import") {
            skipSpace(acrossLines: false)
            guard consume("common.") else { throw error("only names of \"common\" can be imported") }
            if consume("(") { throw error("write one \"%import common.NAME\" for each name") }
            let name = parseName()
            guard let source = Self.common[name] else { throw error("\"common.\(name)\" is not known") }
            var alias = name
            skipSpace(acrossLines: false)
            if consume("->") {
                skipSpace(acrossLines: false)
                alias = parseName()
            }
            rules[alias] = .pattern(try pattern(source))
        } else {
            throw error("this directive is not supported; %ignore and %import are")
        }
    }

    private static let common = [
        "DIGIT": "[0-9]", "HEXDIGIT": "[0-9a-fA-F]", "INT": "[0-9]+", "SIGNED_INT": "[+-]?[0-9]+",
        "DECIMAL": "[0-9]+\\.[0-9]*|\\.[0-9]+", "FLOAT": float, "SIGNED_FLOAT": "[+-]?(?:\(float))",
        "NUMBER": "\(float)|[0-9]+", "SIGNED_NUMBER": "[+-]?(?:\(float)|[0-9]+)",
        "ESCAPED_STRING": "\"(?:[^\"\\\\\\n]|\\\\[^\\n])*\"", "LCASE_LETTER": "[a-z]", "UCASE_LETTER": "[A-Z]",
        "LETTER": "[A-Za-z]", "WORD": "[A-Za-z]+", "CNAME": "[_A-Za-z][_A-Za-z0-9]*", "WS_INLINE": "[ \\t]+",
        "WS": "[ \\t\\f\\r\\n]+", "CR": "\\r", "LF": "\\n", "NEWLINE": "(?:\\r?\\n)+",
        "SH_COMMENT": "#[^\\n]*", "CPP_COMMENT": "//[^\\n]*", "C_COMMENT": "/\\*(?:[^*]|\\*+[^*/])*\\*+/",
    ]
    private static let float =
        "(?:[0-9]+\\.[0-9]*|\\.[0-9]+)(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+"

    private func pattern(_ text: String, flags: String = "") throws(ConstraintError) -> Pattern {
        do {
            return try PatternParser.parse(
                text, ignoresCase: flags.contains("i"), dotMatchesLineEnds: flags.contains("s"))
        } catch {
            throw self.error("the regular expression \"\(text)\", at its character \(error.offset): \(error.reason)")
        }
    }

    private mutating func parseName() -> String {
        var name = ""
        while let scalar = peek, scalar.isASCII,
            scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || scalar == "_"
        {
            name.unicodeScalars.append(scalar)
            position += 1
        }
        return name
    }

    private mutating func parseRule() throws(ConstraintError) {
        while peek == "?" || peek == "!" { position += 1 }
        let name = parseName()
        guard !name.isEmpty else { throw error("the name of a rule is expected") }
        if peek == "{" { throw error("templates are not supported") }
        if consume(".") { _ = parseNumber() }
        skipSpace(acrossLines: false)
        guard consume(":") else { throw error("\":\" is expected after \(name)") }
        isInTerminal = Self.isTerminal(name)
        skipSpace(acrossLines: true)
        let production = try parseChoice()
        rules[name] = production
        isInTerminal = false
        guard peek == nil || peek == "\n" || peek == "\r" else { throw error("the end of the rule is expected") }
    }

    private static func isTerminal(_ name: String) -> Bool {
        name.unicodeScalars.first { $0 != "_" }?.properties.isUppercase ?? false
    }

    private mutating func parseChoice() throws(ConstraintError) -> Production {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.deepestNesting else { throw error("groups are nested deeper than \(Self.deepestNesting)") }
        var alternatives = [try parseSequence()]
        while continuesWithBar() {
            skipSpace(acrossLines: true)
            alternatives.append(try parseSequence())
        }
        return alternatives.count == 1 ? alternatives[0] : .choice(alternatives)
    }

    /// Alternatives may stand on lines of their own.
    private mutating func continuesWithBar() -> Bool {
        let start = position
        skipSpace(acrossLines: true)
        if consume("|") { return true }
        position = start
        return false
    }

    private mutating func parseSequence() throws(ConstraintError) -> Production {
        var parts: [Production] = []
        while true {
            skipSpace(acrossLines: false)
            if consume("->") {
                skipSpace(acrossLines: false)
                _ = parseName()
                skipSpace(acrossLines: false)
                break
            }
            guard let atom = try parseAtom() else { break }
            parts.append(try parseQuantifiers(atom))
        }
        return parts.count == 1 ? parts[0] : .sequence(parts)
    }

    private mutating func parseQuantifiers(_ atom: Production) throws(ConstraintError) -> Production {
        var result = atom
        while true {
            if consume("*") {
                result = .repetition(result, 0, nil)
            } else if consume("+") {
                result = .repetition(result, 1, nil)
            } else if consume("?") {
                result = .repetition(result, 0, 1)
            } else if peek == "~" || peek == " " && peek(1) == "~" {
                skipSpace(acrossLines: false)
                position += 1
                skipSpace(acrossLines: false)
                guard let least = parseNumber() else { throw error("a number is expected after \"~\"") }
                var most = least
                if consume("..") {
                    guard let number = parseNumber(), number >= least else {
                        throw error("a larger number is expected")
                    }
                    most = number
                }
                result = .repetition(result, least, most)
            } else {
                return result
            }
        }
    }

    private mutating func parseNumber() -> Int? {
        var value: Int?
        while let digit = peek, ("0"..."9").contains(digit) {
            value = min((value ?? 0) * 10 + Int(digit.value - 48), 1_000_000)
            position += 1
        }
        return value
    }

    private mutating func parseAtom() throws(ConstraintError) -> Production? {
        guard let scalar = peek else { return nil }
        switch scalar {
        case "(":
            position += 1
            skipSpace(acrossLines: true)
            let inner = try parseChoice()
            skipSpace(acrossLines: true)
            guard consume(")") else { throw error("\")\" is expected") }
            return inner
        case "[":
            position += 1
            skipSpace(acrossLines: true)
            let inner = try parseChoice()
            skipSpace(acrossLines: true)
            guard consume("]") else { throw error("\"]\" is expected") }
            return .repetition(inner, 0, 1)
        case "\"": return token(.pattern(try parseText()))
        case "/": return token(.pattern(try parseRegex()))
        case "<": throw error("special tokens (<...>) are not supported; write their text in quotes")
        default:
            let start = position
            let name = parseName()
            return name.isEmpty ? nil : reference(name, start)
        }
    }

    private func token(_ production: Production) -> Production { isInTerminal ? production : .token(production) }

    /// Within a terminal another stands without what may be ignored before it.
    private func reference(_ name: String, _ offset: Int) -> Production {
        let target = Production.reference(name, offset: offset)
        return Self.isTerminal(name) && !isInTerminal ? .token(target) : target
    }

    private mutating func parseText() throws(ConstraintError) -> Pattern {
        let first = try parseQuoted()
        if consume("..") {
            let last = try parseQuoted()
            guard first.count == 1, last.count == 1, first[0] <= last[0] else {
                throw error("a range goes from one character to a later one")
            }
            return .set(ScalarRanges([first[0]...last[0]]))
        }
        let ignoresCase = consume("i")
        return .sequence(
            first.map { value in
                guard ignoresCase, let scalar = Unicode.Scalar(value) else { return .set(ScalarRanges(value)) }
                let both = scalar.properties.lowercaseMapping + scalar.properties.uppercaseMapping
                return .set(ScalarRanges(both).union(ScalarRanges(value)))
            })
    }

    private mutating func parseQuoted() throws(ConstraintError) -> [UInt32] {
        guard consume("\"") else { throw error("a text in quotes is expected") }
        var scalars: [UInt32] = []
        while let scalar = peek, scalar != "\"" {
            position += 1
            guard scalar == "\\", let escaped = peek else {
                scalars.append(scalar.value)
                continue
            }
            position += 1
            switch escaped {
            case "n": scalars.append(0x0A)
            case "r": scalars.append(0x0D)
            case "t": scalars.append(0x09)
            case "f": scalars.append(0x0C)
            case "x", "u":
                let count = escaped == "x" ? 2 : 4
                let digits = source.scalars[position...].prefix(count)
                guard digits.count == count,
                    let value = UInt32(String(String.UnicodeScalarView(digits)), radix: 16),
                    Unicode.Scalar(value) != nil
                else { throw error("\(count) hexadecimal digits are expected") }
                scalars.append(value)
                position += count
            default: scalars.append(escaped.value)
            }
        }
        guard consume("\"") else { throw error("a text has no end") }
        return scalars
    }

    private mutating func parseRegex() throws(ConstraintError) -> Pattern {
        position += 1
        var text = ""
        var isInClass = false
        while let scalar = peek, scalar != "/" || isInClass {
            position += 1
            guard scalar != "\n" else { throw error("a regular expression has no end") }
            if scalar == "\\", let escaped = peek {
                position += 1
                // A slash needs its backslash only here.
                text += escaped == "/" ? "/" : "\\\(escaped)"
                continue
            }
            if scalar == "[" { isInClass = true }
            if scalar == "]" { isInClass = false }
            text.unicodeScalars.append(scalar)
        }
        guard consume("/") else { throw error("a regular expression has no end") }
        var flags = ""
        while let scalar = peek, "imslux".unicodeScalars.contains(scalar) {
            flags.unicodeScalars.append(scalar)
            position += 1
        }
        guard !flags.contains("x"), !flags.contains("m") else { throw error("the flags x and m are not supported") }
        return try pattern(text, flags: flags)
    }
}
