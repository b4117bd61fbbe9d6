/// A regular expression as it is written.
indirect enum Pattern: Sendable {
    case empty
    case set(ScalarRanges)
    case sequence([Pattern])
    case alternatives([Pattern])
    /// Any number from the first to the second; nil for no limit.
    case repetition(Pattern, Int, Int?)
    /// `^` and `$`.
    case start, end
    /// `(?=...)` and, if not `isPositive`, `(?!...)`.
    case lookahead(Pattern, isPositive: Bool)

    /// Whether it depends on what stands before or after it.
    var looksAround: Bool {
        switch self {
        case .empty, .set: false
        case .sequence(let parts), .alternatives(let parts): parts.contains { $0.looksAround }
        case .repetition(let part, _, _): part.looksAround
        case .start, .end, .lookahead: true
        }
    }

    /// Whether there is a `^` in it.
    var hasStart: Bool {
        switch self {
        case .empty, .set, .end: false
        case .sequence(let parts), .alternatives(let parts): parts.contains { $0.hasStart }
        case .repetition(let part, _, _): part.hasStart
        case .lookahead(let part, _): part.hasStart
        case .start: true
        }
    }

    /// Whether it can only match no text at all.
    var isZeroWidth: Bool {
        switch self {
        case .empty, .start, .end, .lookahead: true
        case .set: false
        case .sequence(let parts), .alternatives(let parts): parts.allSatisfy { $0.isZeroWidth }
        case .repetition(let part, _, _): part.isZeroWidth
        }
    }
}

/// Why a regular expression is not accepted, and at which scalar of it, from 0.
struct PatternError: Error, Hashable {
    var offset: Int
    var reason: String
}

/// Reads regular expressions as ECMA-262 defines them, with the liberties that JavaScript takes.
struct PatternParser {
    private let scalars: [Unicode.Scalar]
    private var position = 0
    private var depth = 0
    /// `i` and `s` of `/.../is`.
    private let ignoresCase: Bool
    private let dotMatchesLineEnds: Bool

    static let deepestNesting = 120
    static let longestPattern = 20_000

    static func parse(_ text: String, ignoresCase: Bool = false, dotMatchesLineEnds: Bool = false)
        throws(PatternError) -> Pattern
    {
        var parser = PatternParser(
            scalars: Array(text.unicodeScalars), ignoresCase: ignoresCase, dotMatchesLineEnds: dotMatchesLineEnds)
        guard parser.scalars.count <= longestPattern else {
            throw PatternError(
                offset: 0, reason: "it has \(parser.scalars.count) characters, more than \(longestPattern)")
        }
        let pattern = try parser.parseAlternatives()
        if let rest = parser.peek { throw parser.error("\"\(rest)\" has no partner") }
        return pattern
    }

    private init(scalars: [Unicode.Scalar], ignoresCase: Bool, dotMatchesLineEnds: Bool) {
        self.scalars = scalars
        self.ignoresCase = ignoresCase
        self.dotMatchesLineEnds = dotMatchesLineEnds
    }

    private var peek: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

    private func error(_ reason: String) -> PatternError { PatternError(offset: position, reason: reason) }

    private mutating func consume(_ scalar: Unicode.Scalar) -> Bool {
        guard peek == scalar else { return false }
        position += 1
        return true
    }

    private mutating func consume(_ text: String) -> Bool {
        let wanted = Array(text.unicodeScalars)
        guard scalars[position...].starts(with: wanted) else { return false }
        position += wanted.count
        return true
    }

    private mutating func parseAlternatives() throws(PatternError) -> Pattern {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.deepestNesting else { throw error("groups are nested deeper than \(Self.deepestNesting)") }
        var alternatives = [try parseSequence()]
        while consume("|" as Unicode.Scalar) { alternatives.append(try parseSequence()) }
        return alternatives.count == 1 ? alternatives[0] : .alternatives(alternatives)
    }

    private mutating func parseSequence() throws(PatternError) -> Pattern {
        var parts: [Pattern] = []
        while let next = peek, next != "|", next != ")" {
            let atom = try parseAtom()
            parts.append(try parseQuantifiers(atom))
        }
        return parts.isEmpty ? .empty : parts.count == 1 ? parts[0] : .sequence(parts)
    }

    private mutating func parseQuantifiers(_ atom: Pattern) throws(PatternError) -> Pattern {
        var result = atom
        while let (least, most) = try parseQuantifier() {
            _ = consume("?" as Unicode.Scalar)
            result = .repetition(result, least, most)
        }
        return result
    }

    private mutating func parseQuantifier() throws(PatternError) -> (Int, Int?)? {
        switch peek {
        case "*":
            position += 1
            return (0, nil)
        case "+":
            position += 1
            return (1, nil)
        case "?":
            position += 1
            return (0, 1)
        case "{":
            let start = position
            position += 1
            guard let bounds = parseBounds() else {
                position = start
                return nil
            }
            if let most = bounds.1, most < bounds.0 { throw error("{\(bounds.0),\(most)} counts down") }
            return bounds
        default: return nil
        }
    }

    private mutating func parseBounds() -> (Int, Int?)? {
        let least = parseNumber()
        if least != nil, consume("}" as Unicode.Scalar) { return (least ?? 0, least) }
        guard consume("," as Unicode.Scalar) else { return nil }
        let most = parseNumber()
        guard least != nil || most != nil, consume("}" as Unicode.Scalar) else { return nil }
        return (least ?? 0, most)
    }

    private mutating func parseNumber() -> Int? {
        var value: Int?
        while let digit = peek, ("0"..."9").contains(digit) {
            value = min((value ?? 0) * 10 + Int(digit.value - 48), 1_000_000_000)
            position += 1
        }
        return value
    }

    private mutating func parseAtom() throws(PatternError) -> Pattern {
        guard let scalar = peek else { return .empty }
        position += 1
        switch scalar {
        case "^": return .start
        case "$": return .end
        case ".": return .set(dotMatchesLineEnds ? .all : ScalarRanges.lineEnds.inverted)
        case "(": return try parseGroup()
        case "[": return .set(folded(try parseClass()))
        case "\\": return try parseEscape()
        case "*", "+", "?":
            position -= 1
            throw error("\"\(scalar)\" follows nothing that could be repeated")
        case "{":
            position -= 1
            if try parseQuantifier() != nil { throw error("a count follows nothing that could be repeated") }
            position += 1
            return .set(ScalarRanges(scalar.value))
        default: return .set(folded(ScalarRanges(scalar.value)))
        }
    }

    private mutating func parseGroup() throws(PatternError) -> Pattern {
        var result: Pattern
        if consume("?:") {
            result = try parseAlternatives()
        } else if consume("?=") {
            result = .lookahead(try parseAlternatives(), isPositive: true)
        } else if consume("?!") {
            result = .lookahead(try parseAlternatives(), isPositive: false)
        } else if consume("?<=") || consume("?<!") {
            throw error("looking back (?<=...) is not supported")
        } else if consume("?<") || consume("?P<") {
            while let scalar = peek, scalar != ">" {
                _ = scalar
                position += 1
            }
            guard consume(">" as Unicode.Scalar) else { throw error("a group's name has no end") }
            result = try parseAlternatives()
        } else if peek == "?" {
            throw error("this kind of group is not supported")
        } else {
            result = try parseAlternatives()
        }
        guard consume(")" as Unicode.Scalar) else { throw error("a group has no end") }
        if case .set = result { return .sequence([result]) }
        return result
    }

    /// After a backslash, outside of classes.
    private mutating func parseEscape() throws(PatternError) -> Pattern {
        guard let scalar = peek else { throw error("it ends with a backslash") }
        switch scalar {
        case "b", "B": throw error("word boundaries (\\\(scalar)) are not supported")
        case "1"..."9", "k": throw error("references to groups (\\\(scalar)) are not supported")
        case "A":
            position += 1
            return .start
        case "Z", "z":
            position += 1
            return .end
        default: return .set(folded(try parseEscapedSet()))
        }
    }

    /// The set that an escape stands for, after its backslash.
    private mutating func parseEscapedSet() throws(PatternError) -> ScalarRanges {
        guard let scalar = peek else { throw error("it ends with a backslash") }
        position += 1
        switch scalar {
        case "d": return .digits
        case "D": return ScalarRanges.digits.inverted
        case "w": return .word
        case "W": return ScalarRanges.word.inverted
        case "s": return .space
        case "S": return ScalarRanges.space.inverted
        case "n": return ScalarRanges(0x0A)
        case "r": return ScalarRanges(0x0D)
        case "t": return ScalarRanges(0x09)
        case "f": return ScalarRanges(0x0C)
        case "v": return ScalarRanges(0x0B)
        case "a": return ScalarRanges(0x07)
        case "0": return ScalarRanges(0)
        case "b": return ScalarRanges(0x08)
        case "c":
            guard let letter = peek, letter.isASCII else { throw error("\\c wants a letter") }
            position += 1
            return ScalarRanges(letter.value & 0x1F)
        case "x": return ScalarRanges(try parseHex(2))
        case "u":
            if consume("{" as Unicode.Scalar) {
                var value: UInt32 = 0
                while let digit = peek.flatMap({ UInt32(String($0), radix: 16) }), value <= 0x10FFFF {
                    value = value << 4 | digit
                    position += 1
                }
                guard consume("}" as Unicode.Scalar), value <= 0x10FFFF else { throw error("\\u{...} is not a scalar") }
                return ScalarRanges(value)
            }
            let first = try parseHex(4)
            if (0xD800...0xDBFF).contains(first), consume("\\u") {
                let second = try parseHex(4)
                guard (0xDC00...0xDFFF).contains(second) else { throw error("half of a surrogate pair") }
                return ScalarRanges(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
            }
            return ScalarRanges(first)
        case "p", "P":
            let set = try parseProperty()
            return scalar == "p" ? set : set.inverted
        default: return ScalarRanges(scalar.value)
        }
    }

    private mutating func parseHex(_ count: Int) throws(PatternError) -> UInt32 {
        guard position + count <= scalars.count else { throw error("\(count) hexadecimal digits are missing") }
        let text = String(String.UnicodeScalarView(scalars[position..<position + count]))
        guard text.allSatisfy(\.isHexDigit), let value = UInt32(text, radix: 16) else {
            throw error("\"\(text)\" is not a hexadecimal number")
        }
        position += count
        return value
    }

    private mutating func parseProperty() throws(PatternError) -> ScalarRanges {
        guard consume("{" as Unicode.Scalar) else { throw error("\\p wants a name in braces") }
        var name = ""
        while let scalar = peek, scalar != "}" {
            name.unicodeScalars.append(scalar)
            position += 1
        }
        guard consume("}" as Unicode.Scalar) else { throw error("\\p{...} has no end") }
        guard let set = UnicodeProperty.named(name) else { throw error("the property \\p{\(name)} is not known") }
        return set
    }

    /// After the opening bracket.
    private mutating func parseClass() throws(PatternError) -> ScalarRanges {
        let isInverted = consume("^" as Unicode.Scalar)
        var ranges: [ClosedRange<UInt32>] = []
        while let scalar = peek, scalar != "]" {
            let low = try parseClassMember(scalar)
            guard peek == "-", position + 1 < scalars.count, scalars[position + 1] != "]" else {
                ranges += low.ranges
                continue
            }
            position += 1
            guard let next = peek else { break }
            let high = try parseClassMember(next)
            if low.isSingle, high.isSingle {
                guard low.ranges[0].lowerBound <= high.ranges[0].lowerBound else { throw error("a range counts down") }
                ranges.append(low.ranges[0].lowerBound...high.ranges[0].lowerBound)
            } else {
                ranges += low.ranges + high.ranges + [0x2D...0x2D]
            }
        }
        guard consume("]" as Unicode.Scalar) else { throw error("a class has no end") }
        let set = ScalarRanges(ranges)
        return isInverted ? folded(set).inverted : set
    }

    private mutating func parseClassMember(_ scalar: Unicode.Scalar) throws(PatternError) -> ScalarRanges {
        position += 1
        return scalar == "\\" ? try parseEscapedSet() : ScalarRanges(scalar.value)
    }

    /// With the other cases of ASCII letters, where case does not count.
    private func folded(_ set: ScalarRanges) -> ScalarRanges {
        guard ignoresCase else { return set }
        var ranges = set.ranges
        for letter in UInt32(0x41)...0x5A {
            if set.contains(letter) { ranges.append(letter + 32...letter + 32) }
            if set.contains(letter + 32) { ranges.append(letter...letter) }
        }
        return ScalarRanges(ranges)
    }
}

extension ScalarRanges {
    fileprivate var isSingle: Bool { ranges.count == 1 && ranges[0].count == 1 }
}
