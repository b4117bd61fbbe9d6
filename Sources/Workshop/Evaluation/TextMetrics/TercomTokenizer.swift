import Templating

/// What Tercom does with a text before words are compared. Source: sacrebleu's tokenizer of that name.
struct TercomTokenizer: Sendable, Hashable {
    var normalizes: Bool
    var removesPunctuation: Bool
    var knowsAsianScripts: Bool
    var keepsCase: Bool

    func words(_ text: String) -> [Scalars] {
        var line = (keepsCase ? text : text.pythonLowercased).scalars
        if normalizes {
            line = Self.normalized(line)
            if knowsAsianScripts { line = Self.separatedAsian(line) }
        }
        if removesPunctuation {
            line.removeAll { ".,?:;!\"()".unicodeScalars.contains($0) }
            if knowsAsianScripts { line.removeAll { Self.isAsianPunctuation($0) || Self.isFullWidth($0) } }
        }
        return line.words
    }

    private static func normalized(_ text: Scalars) -> Scalars {
        var line = text.replacing("\n-".scalars, with: []).map { $0 == "\n" ? " " : $0 }
        for (entity, character) in [("&quot;", "\""), ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">")] {
            line = line.replacing(entity.scalars, with: character.scalars)
        }
        line = ([" "] + line + [" "]).flatMap { BLEUTokenizer.isSeparated($0) ? [" ", $0, " "] : [$0] }
        line = line.replacing("'s ".scalars, with: " 's ".scalars)
        if line.suffix(2).elementsEqual("'s".unicodeScalars) { line = line.dropLast(2) + " 's".scalars }
        func isDigit(_ scalar: Unicode.Scalar) -> Bool { BLEUTokenizer.isDigit(scalar) }
        line = BLEUTokenizer.rewritingPairs(line, where: { !isDigit($0) && ($1 == "." || $1 == ",") }) {
            [$0, " ", $1, " "]
        }
        line = BLEUTokenizer.rewritingPairs(line, where: { ($0 == "." || $0 == ",") && !isDigit($1) }) {
            [" ", $0, " ", $1]
        }
        return BLEUTokenizer.rewritingPairs(line, where: { isDigit($0) && $1 == "-" }) { [$0, " ", $1, " "] }
    }

    /// The reference's expressions for Japanese syllables match nothing after the text was framed by spaces, since they want the
    /// text's start before the first and its end after the last.
    private static func separatedAsian(_ text: Scalars) -> Scalars {
        text.flatMap { scalar -> Scalars in
            switch scalar.value {
            case 0x4E00...0x9FFF, 0x3400...0x4DBF, 0x31C0...0x31EF, 0x2E80...0x2EFF, 0x3300...0x33FF, 0xF900...0xFAFF,
                0xFE30...0xFE4F, 0x3200...0x3F22:
                [" ", scalar, " "]
            default: isAsianPunctuation(scalar) || isFullWidth(scalar) ? [" ", scalar, " "] : [scalar]
            }
        }
    }

    private static func isAsianPunctuation(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x3001, 0x3002, 0x3008...0x3011, 0x3014...0x301F, 0xFF61...0xFF65, 0x30FB: true
        default: false
        }
    }

    private static func isFullWidth(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0xFF0E, 0xFF0C, 0xFF1F, 0xFF1A, 0xFF1B, 0xFF01, 0xFF02, 0xFF08, 0xFF09: true
        default: false
        }
    }
}
