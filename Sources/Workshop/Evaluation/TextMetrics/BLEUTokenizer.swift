import Templating

/// How BLEU splits a text into words. Source: sacrebleu's tokenizers of the same names.
public enum BLEUTokenizer: String, Sendable, Hashable, CaseIterable {
    /// The rules of `mteval-v13a.pl`, which WMT uses: punctuation stands alone unless it is inside a number.
    case mteval13a = "13a"
    /// Every character alone.
    case character = "char"
    /// The rules of `mteval-v14.pl`: punctuation and symbols of all scripts stand alone.
    case international = "intl"
    /// Chinese characters alone, the rest as in `13a`.
    case chinese = "zh"
    /// White space only.
    case none

    func words(_ text: Scalars) -> [Scalars] {
        switch self {
        case .none: text.words
        case .character: text.filter { !$0.isPythonSpace }.map { [$0] }
        case .mteval13a: Self.separated(Self.prepared13a(text)).words
        case .chinese: Self.separated(Self.spacedChinese(text)).words
        case .international: Self.separatedInternational(text).words
        }
    }

    private static func prepared13a(_ text: Scalars) -> Scalars {
        var line = text.replacing("<skipped>".scalars, with: [])
        line = line.replacing("-\n".scalars, with: [])
        line = line.map { $0 == "\n" ? " " : $0 }
        if line.contains("&") {
            for (entity, character) in [("&quot;", "\""), ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">")] {
                line = line.replacing(entity.scalars, with: character.scalars)
            }
        }
        return [" "] + line + [" "]
    }

    /// The four passes that `13a` and `zh` share.
    static func separated(_ text: Scalars) -> Scalars {
        var line = Scalars()
        for scalar in text {
            if isSeparated(scalar) { line += [" ", scalar, " "] } else { line.append(scalar) }
        }
        line = rewritingPairs(line, where: { !isDigit($0) && isPointOrComma($1) }) { [$0, " ", $1, " "] }
        line = rewritingPairs(line, where: { isPointOrComma($0) && !isDigit($1) }) { [" ", $0, " ", $1] }
        return rewritingPairs(line, where: { isDigit($0) && $1 == "-" }) { [$0, " ", $1, " "] }
    }

    private static func separatedInternational(_ text: Scalars) -> Scalars {
        var line = rewritingPairs(text, where: { !$0.isNumber && $1.isPunctuation }) { [$0, " ", $1, " "] }
        line = rewritingPairs(line, where: { $0.isPunctuation && !$1.isNumber }) { [" ", $0, " ", $1] }
        return line.flatMap { $0.isSymbol ? [" ", $0, " "] : [$0] }
    }

    /// Rewrites non-overlapping pairs of neighbours from the left, as a regular expression of two characters does.
    static func rewritingPairs(
        _ text: Scalars, where matches: (Unicode.Scalar, Unicode.Scalar) -> Bool,
        _ rewrite: (Unicode.Scalar, Unicode.Scalar) -> Scalars
    ) -> Scalars {
        var result = Scalars()
        result.reserveCapacity(text.count + 16)
        var index = 0
        while index < text.count {
            if index + 1 < text.count, matches(text[index], text[index + 1]) {
                result += rewrite(text[index], text[index + 1])
                index += 2
            } else {
                result.append(text[index])
                index += 1
            }
        }
        return result
    }

    private static func spacedChinese(_ text: Scalars) -> Scalars {
        String(text).strippedOfSpace.scalars.flatMap { isChinese($0) ? [" ", $0, " "] : [$0] }
    }

    static func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }
    private static func isPointOrComma(_ scalar: Unicode.Scalar) -> Bool { scalar == "." || scalar == "," }

    /// `[{-~[-` -&(-+:-@/]`: ASCII punctuation but for the apostrophe, the comma, the point and the hyphen.
    static func isSeparated(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "{"..."~", "["..."`", " "..."&", "("..."+", ":"..."@", "/": true
        default: false
        }
    }

    /// The reference compares strings: its ranges `\u20000`-`\u2a6d6` and `\u2f800`-`\u2fa1d` are each a four-digit scalar and a digit
    /// or letter, which one character lies between when it is above the first and not above the second.
    private static func isChinese(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x3400...0x4DB5, 0x4E00...0x9FA5, 0x9FA6...0x9FBB, 0xF900...0xFA2D, 0xFA30...0xFA6A, 0xFA70...0xFAD9,
            0x2001...0x2A6D, 0x2F81...0x2FA1, 0xFF00...0xFFEF, 0x2E80...0x2EFF, 0x3000...0x303F, 0x31C0...0x31EF,
            0x2F00...0x2FDF, 0x2FF0...0x2FFF, 0x3100...0x312F, 0x31A0...0x31BF, 0xFE10...0xFE1F, 0xFE30...0xFE4F,
            0x2600...0x26FF, 0x2700...0x27BF, 0x3200...0x32FF, 0x3300...0x33FF:
            true
        default: false
        }
    }
}

extension Unicode.Scalar {
    /// General category N.
    var isNumber: Bool {
        switch properties.generalCategory {
        case .decimalNumber, .letterNumber, .otherNumber: true
        default: false
        }
    }

    /// General category P.
    var isPunctuation: Bool {
        switch properties.generalCategory {
        case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
            .finalPunctuation, .otherPunctuation:
            true
        default: false
        }
    }

    /// General category S.
    var isSymbol: Bool {
        switch properties.generalCategory {
        case .mathSymbol, .currencySymbol, .modifierSymbol, .otherSymbol: true
        default: false
        }
    }
}
