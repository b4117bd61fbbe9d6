/// How the scalars of a string are written in JSON: as they are, but for those that must be escaped.
///
/// A scalar has the same ways to be written wherever it stands, so that sets of strings can be compared as sets of texts.
struct JSONEncoding: TextEncoding {
    private var known: [ScalarRanges: Expression] = [:]

    private static let escaped = ScalarRanges([0...0x1F, 0x22...0x22, 0x5C...0x5C])
    private static let short: [(UInt32, String)] = [
        (0x08, "\\b"), (0x09, "\\t"), (0x0A, "\\n"), (0x0C, "\\f"), (0x0D, "\\r"), (0x22, "\\\""), (0x5C, "\\\\"),
        (0x2F, "\\/"),
    ]

    mutating func scalar(of ranges: ScalarRanges, _ expressions: inout Expressions) -> Expression {
        if let expression = known[ranges] { return expression }
        var parts = [expressions.utf8(ranges.subtracting(Self.escaped))]
        for (scalar, text) in Self.short where ranges.contains(scalar) { parts.append(expressions.literal(text)) }
        let controls = (UInt8(0)...0x1F).filter { ranges.contains(UInt32($0)) }
        for high in UInt8(0)...1 {
            let low = controls.filter { $0 >> 4 == high }.map { $0 & 15 }
            guard !low.isEmpty else { continue }
            let digits = low.map { $0 < 10 ? 48 + $0 : 87 + $0 } + low.filter { $0 > 9 }.map { 55 + $0 }
            let last = expressions.bytes(ByteSet(digits))
            parts.append(expressions.concatenation(expressions.literal("\\u00\(high)"), last))
        }
        let expression = expressions.union(parts)
        known[ranges] = expression
        return expression
    }

    func end(_ expressions: inout Expressions) -> Expression { expressions.byte(UInt8(ascii: "\"")) }
}

/// The expressions of which every schema is made.
struct JSONText: Sendable {
    var encoding = JSONEncoding()
    let quote: Expression
    /// A scalar within a string, and a string.
    let scalar: Expression
    let string: Expression
    /// A string that may have any escape of JSON.
    let lenientString: Expression
    let integer: Expression
    /// A number without an exponent.
    let decimal: Expression
    let number: Expression
    /// White space between the parts of JSON.
    let space: Expression
    private let digits: DigitLimits?

    init(_ expressions: inout Expressions, _ options: SchemaOptions) {
        digits = options.digits
        quote = expressions.byte(UInt8(ascii: "\""))
        scalar = encoding.scalar(of: .all, &expressions)
        string = expressions.concatenation([quote, expressions.repetition(scalar, 0, nil), quote])
        lenientString = Self.lenientString(&expressions, scalar, quote)
        let naturalDigits = Self.naturalDigits(options.digits?.whole, &expressions)
        let sign = expressions.optional(expressions.byte(UInt8(ascii: "-")))
        integer = expressions.concatenation(sign, naturalDigits)
        let fraction = expressions.optional(Self.fraction(options.digits?.fraction, &expressions))
        decimal = expressions.concatenation(sign, expressions.concatenation(naturalDigits, fraction))
        let exponentSign = expressions.optional(expressions.bytes(ByteSet("+-".utf8)))
        let exponentDigits = expressions.repetition(Self.digit(&expressions), 1, options.digits?.exponent)
        let exponent = expressions.concatenation(
            [expressions.bytes(ByteSet("eE".utf8)), exponentSign, exponentDigits])
        number = expressions.concatenation(decimal, expressions.optional(exponent))
        let blank = expressions.bytes(ByteSet(options.allowsWhitespace ? " \t\n\r".utf8 : " ".utf8))
        space = options.allowsWhitespace ? expressions.repetition(blank, 0, nil) : expressions.optional(blank)
    }

    private static func digit(_ expressions: inout Expressions) -> Expression {
        expressions.bytes(ByteSet(UInt8(ascii: "0")...UInt8(ascii: "9")))
    }

    /// A natural number of at most so many digits.
    private static func naturalDigits(_ most: Int?, _ expressions: inout Expressions) -> Expression {
        let digits = expressions.repetition(digit(&expressions), 0, most.map { $0 - 1 })
        let nonZero = expressions.bytes(ByteSet(UInt8(ascii: "1")...UInt8(ascii: "9")))
        return expressions.union(
            expressions.byte(UInt8(ascii: "0")), expressions.concatenation(nonZero, digits))
    }

    /// A point and at most so many digits.
    private static func fraction(_ most: Int?, _ expressions: inout Expressions) -> Expression {
        let digits = expressions.repetition(digit(&expressions), 1, most)
        return expressions.concatenation(expressions.byte(UInt8(ascii: ".")), digits)
    }

    /// Numbers without sign and exponent, in which each of `named` can be written.
    func unsigned(isInteger: Bool, named: [Decimal], _ expressions: inout Expressions) -> Expression {
        let whole = digits.map { limits in named.reduce(limits.whole) { max($0, $1.whole.count) } }
        let natural = Self.naturalDigits(whole, &expressions)
        if isInteger { return natural }
        let most = digits.map { limits in named.reduce(limits.fraction) { max($0, $1.fraction.count) } }
        let fraction = expressions.optional(Self.fraction(most, &expressions))
        return expressions.concatenation(natural, fraction)
    }

    private static func lenientString(
        _ expressions: inout Expressions, _ scalar: Expression, _ quote: Expression
    ) -> Expression {
        let hex = expressions.bytes(ByteSet("0123456789abcdefABCDEF".utf8))
        let start = expressions.literal("\\u")
        let notD = expressions.bytes(ByteSet("0123456789abcefABCEF".utf8))
        let letterD = expressions.bytes(ByteSet("dD".utf8))
        let low = expressions.bytes(ByteSet("01234567".utf8))
        let basic = expressions.union(
            expressions.concatenation([notD, hex, hex, hex]), expressions.concatenation([letterD, low, hex, hex]))
        let leading = expressions.concatenation(
            [letterD, expressions.bytes(ByteSet("89abAB".utf8)), hex, hex])
        let trailing = expressions.concatenation(
            [letterD, expressions.bytes(ByteSet("cdefCDEF".utf8)), hex, hex])
        let escape = expressions.concatenation(start, basic)
        let pair = expressions.concatenation([start, leading, start, trailing])
        let any = expressions.union([scalar, escape, pair])
        return expressions.concatenation([quote, expressions.repetition(any, 0, nil), quote])
    }

    /// `text` as a string of JSON.
    mutating func literal(_ text: String, _ expressions: inout Expressions) -> Expression {
        if !text.utf8.contains(where: { $0 < 0x20 || $0 == 0x22 || $0 == 0x5C || $0 == 0x2F }) {
            return expressions.literal("\"\(text)\"")
        }
        var parts = [quote]
        for character in text.unicodeScalars {
            parts.append(encoding.scalar(of: ScalarRanges(character.value), &expressions))
        }
        return expressions.concatenation(parts + [quote])
    }

    /// Every way to write the number `value` without an exponent; with `asInteger` without a fraction.
    mutating func literal(
        _ value: Decimal, asInteger: Bool, _ expressions: inout Expressions
    ) -> Expression {
        let zero = expressions.byte(UInt8(ascii: "0"))
        var text = value.whole.map { $0 + 48 }
        if value.isNegative { text.insert(UInt8(ascii: "-"), at: 0) }
        if !value.fraction.isEmpty {
            if asInteger { return .nothing }
            text += [UInt8(ascii: ".")] + value.fraction.map { $0 + 48 }
            let most = digits.map { max(0, $0.fraction - value.fraction.count) }
            return expressions.concatenation(expressions.literal(text), expressions.repetition(zero, 0, most))
        }
        var result = expressions.literal(text)
        if value.isZero { result = expressions.union(result, expressions.literal("-0")) }
        if asInteger { return result }
        return expressions.concatenation(result, expressions.optional(zeroFraction(&expressions)))
    }

    /// `.0`, `.00` and so on.
    func zeroFraction(_ expressions: inout Expressions) -> Expression {
        let zeros = expressions.repetition(expressions.byte(UInt8(ascii: "0")), 1, digits?.fraction)
        return expressions.concatenation(expressions.byte(UInt8(ascii: ".")), zeros)
    }
}
