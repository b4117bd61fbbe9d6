/// Reads grammars in llama.cpp's notation (GBNF).
struct GBNFParser {
    private let source: GrammarSource
    private var position = 0
    private var depth = 0
    private var rules: [String: Production] = [:]
    static let deepestNesting = 100

    /// The rules of `text`; the text begins at `root`.
    static func parse(_ text: String, root: String = "root") throws(ConstraintError) -> RuleSet {
        var parser = GBNFParser(source: GrammarSource(text))
        try parser.parseRules()
        guard parser.rules[root] != nil else { throw parser.source.error(at: 0, "there is no rule \"\(root)\"") }
        return RuleSet(rules: parser.rules, root: root, source: parser.source)
    }

    private init(source: GrammarSource) { self.source = source }

    private var peek: Unicode.Scalar? { position < source.scalars.count ? source.scalars[position] : nil }

    private func error(_ reason: String) -> ConstraintError { source.error(at: position, reason) }

    private mutating func consume(_ scalar: Unicode.Scalar) -> Bool {
        guard peek == scalar else { return false }
        position += 1
        return true
    }

    /// White space and comments; with `acrossLines` ends of lines, too.
    private mutating func skipSpace(acrossLines: Bool) {
        while let scalar = peek {
            switch scalar {
            case " ", "\t": position += 1
            case "\n", "\r":
                guard acrossLines else { return }
                position += 1
            case "#": while let next = peek, next != "\n", next != "\r" { _ = next; position += 1 }
            default: return
            }
        }
    }

    private mutating func parseRules() throws(ConstraintError) {
        skipSpace(acrossLines: true)
        while peek != nil {
            let name = parseName()
            guard !name.isEmpty else { throw error("the name of a rule is expected") }
            skipSpace(acrossLines: false)
            guard consume(":"), consume(":"), consume("=") else { throw error("\"::=\" is expected after \(name)") }
            skipSpace(acrossLines: true)
            rules[name] = try parseChoice(isNested: false)
            guard peek == nil || peek == "\n" || peek == "\r" else { throw error("the end of the rule is expected") }
            skipSpace(acrossLines: true)
        }
    }

    private mutating func parseName() -> String {
        var name = ""
        while let scalar = peek, scalar.isASCII,
            scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || scalar == "-" || scalar == "_"
        {
            name.unicodeScalars.append(scalar)
            position += 1
        }
        return name
    }

    private mutating func parseChoice(isNested: Bool) throws(ConstraintError) -> Production {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.deepestNesting else { throw error("groups are nested deeper than \(Self.deepestNesting)") }
        var alternatives = [try parseSequence(isNested: isNested)]
        while consume("|") {
            skipSpace(acrossLines: true)
            alternatives.append(try parseSequence(isNested: isNested))
        }
        return alternatives.count == 1 ? alternatives[0] : .choice(alternatives)
    }

    private mutating func parseSequence(isNested: Bool) throws(ConstraintError) -> Production {
        var parts: [Production] = []
        while let scalar = peek {
            guard let atom = try parseAtom(scalar) else { break }
            skipSpace(acrossLines: isNested)
            var part = atom
            while let (least, most) = try parseQuantifier() {
                part = .repetition(part, least, most)
                skipSpace(acrossLines: isNested)
            }
            parts.append(part)
        }
        return parts.count == 1 ? parts[0] : .sequence(parts)
    }

    private mutating func parseAtom(_ scalar: Unicode.Scalar) throws(ConstraintError) -> Production? {
        let start = position
        switch scalar {
        case "\"":
            position += 1
            var parts: [Pattern] = []
            while let next = peek, next != "\"" { parts.append(.set(ScalarRanges(try parseScalar(next)))) }
            guard consume("\"") else { throw error("a text has no end") }
            return .pattern(.sequence(parts))
        case "[":
            position += 1
            return .pattern(.set(try parseClass()))
        case ".":
            position += 1
            return .pattern(.set(.all))
        case "(":
            position += 1
            skipSpace(acrossLines: true)
            let inner = try parseChoice(isNested: true)
            guard consume(")") else { throw error("\")\" is expected") }
            return inner
        case "<", "!": throw error("single tokens (<...>) are not supported; write their text in quotes")
        default:
            let name = parseName()
            return name.isEmpty ? nil : .reference(name, offset: start)
        }
    }

    private mutating func parseClass() throws(ConstraintError) -> ScalarRanges {
        let isInverted = consume("^")
        var ranges: [ClosedRange<UInt32>] = []
        while let scalar = peek, scalar != "]" {
            let low = try parseScalar(scalar)
            guard peek == "-", position + 1 < source.scalars.count, source.scalars[position + 1] != "]" else {
                ranges.append(low...low)
                continue
            }
            position += 1
            guard let next = peek else { break }
            let high = try parseScalar(next)
            guard low <= high else { throw error("a range counts down") }
            ranges.append(low...high)
        }
        guard consume("]") else { throw error("a class has no end") }
        let set = ScalarRanges(ranges)
        return isInverted ? set.inverted : set
    }

    private mutating func parseScalar(_ scalar: Unicode.Scalar) throws(ConstraintError) -> UInt32 {
        position += 1
        guard scalar == "\\" else { return scalar.value }
        guard let escaped = peek else { throw error("it ends with a backslash") }
        position += 1
        switch escaped {
        case "n": return 0x0A
        case "r": return 0x0D
        case "t": return 0x09
        case "x": return try parseHex(2)
        case "u": return try parseHex(4)
        case "U": return try parseHex(8)
        case "\\", "\"", "[", "]", "-", "^": return escaped.value
        default: throw error("the escape \\\(escaped) is not known")
        }
    }

    private mutating func parseHex(_ count: Int) throws(ConstraintError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<count {
            guard let digit = peek.flatMap({ UInt32(String($0), radix: 16) }), value < 1 << 24 else {
                throw error("\(count) hexadecimal digits are expected")
            }
            value = value << 4 | digit
            position += 1
        }
        guard Unicode.Scalar(value) != nil else { throw error("\(value) is not a Unicode scalar") }
        return value
    }

    private mutating func parseQuantifier() throws(ConstraintError) -> (Int, Int?)? {
        if consume("*") { return (0, nil) }
        if consume("+") { return (1, nil) }
        if consume("?") { return (0, 1) }
        guard consume("{") else { return nil }
        skipSpace(acrossLines: false)
        let least = parseNumber()
        skipSpace(acrossLines: false)
        var most = least
        if consume(",") {
            skipSpace(acrossLines: false)
            most = parseNumber()
            skipSpace(acrossLines: false)
        } else if least == nil {
            throw error("a number is expected")
        }
        guard consume("}") else { throw error("\"}\" is expected") }
        if let most, most < least ?? 0 { throw error("{\(least ?? 0),\(most)} counts down") }
        return (least ?? 0, most)
    }

    private mutating func parseNumber() -> Int? {
        var value: Int?
        while let digit = peek, ("0"..."9").contains(digit) {
            value = min((value ?? 0) * 10 + Int(digit.value - 48), 1_000_000)
            position += 1
        }
        return value
    }
}
