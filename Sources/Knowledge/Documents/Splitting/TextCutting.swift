/// Where a text may be cut, coarse places before fine ones.
enum TextCut: Sendable, Hashable {
    /// Before lines that begin without indentation behind an empty one: declarations.
    case blocks
    /// Behind empty lines.
    case paragraphs
    case lines
    case sentences
    case words
    /// In two halves, between characters as people see them.
    case characters

    /// The pieces of a range of a text, which together are the range.
    func pieces(_ range: Range<String.Index>, of text: String) -> [Range<String.Index>] {
        if self == .characters { return Self.halves(range, of: text) }
        if self == .sentences { return Sentences.ranges(range, of: text) }
        var pieces: [Range<String.Index>] = []
        var start = range.lowerBound
        let bytes = text.utf8
        var place = range.lowerBound
        // How many line ends stand directly before.
        var lineEnds = 0
        while place < range.upperBound {
            let byte = bytes[place]
            let next = bytes.index(after: place)
            let isCut: Bool
            switch self {
            case .words: isCut = Self.isSpace(byte) && next < range.upperBound && !Self.isSpace(bytes[next])
            case .lines: isCut = byte == 0x0A
            default:
                if byte == 0x0A { lineEnds += 1 } else if byte != 0x20, byte != 0x09 { lineEnds = 0 }
                let following = next < range.upperBound ? bytes[next] : 0x0A
                isCut =
                    byte == 0x0A && lineEnds >= 2 && following != 0x0A
                    && (self == .paragraphs || !Self.isSpace(following) && following != UInt8(ascii: "}"))
            }
            if isCut, next < range.upperBound {
                pieces.append(start..<next)
                start = next
            }
            place = next
        }
        if start < range.upperBound { pieces.append(start..<range.upperBound) }
        return pieces
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    private static func halves(_ range: Range<String.Index>, of text: String) -> [Range<String.Index>] {
        let count = text[range].count
        guard count > 1 else { return [range] }
        let middle = text.index(range.lowerBound, offsetBy: count / 2)
        return [range.lowerBound..<middle, middle..<range.upperBound]
    }
}

/// Where sentences end.
package enum Sentences {
    private static let abbreviations: Set<String> = [
        "mr", "mrs", "ms", "dr", "prof", "st", "no", "nr", "vs", "etc", "e.g", "i.e", "z.b", "fig", "al", "approx",
        "bzw",
        "ca", "inc", "ltd", "co", "jr", "sr", "vol", "pp", "p", "art", "sec",
    ]

    /// The sentences of a range, each with the white space behind it.
    package static func ranges(_ range: Range<String.Index>, of text: String) -> [Range<String.Index>] {
        var sentences: [Range<String.Index>] = []
        var (start, place) = (range.lowerBound, range.lowerBound)
        while place < range.upperBound {
            let character = text[place]
            var next = text.index(after: place)
            let isWide = "。！？".contains(character)
            if isWide || ".!?".contains(character) {
                while next < range.upperBound, "\"'”’)]」』".contains(text[next]) { next = text.index(after: next) }
                let isAtSpace = next >= range.upperBound || text[next].isWhitespace
                if isWide || isAtSpace && !(character == "." && isAbbreviation(text[start..<place])) {
                    while next < range.upperBound, text[next].isWhitespace { next = text.index(after: next) }
                    sentences.append(start..<next)
                    start = next
                }
            } else if character.isNewline, next < range.upperBound, text[next].isNewline {
                while next < range.upperBound, text[next].isWhitespace { next = text.index(after: next) }
                sentences.append(start..<next)
                start = next
            }
            place = next
        }
        if start < range.upperBound { sentences.append(start..<range.upperBound) }
        return sentences
    }

    private static func isAbbreviation(_ text: Substring) -> Bool {
        var word = text[...]
        if let space = text.lastIndex(where: \.isWhitespace) { word = text[text.index(after: space)...] }
        while let first = word.first, "(\"'“".contains(first) { word.removeFirst() }
        // Initials, and what is made of them: p.m., U.S.
        let isInitials = word.split(separator: ".").allSatisfy { $0.count == 1 } && word.first?.isLetter ?? false
        return isInitials && (word.count > 1 || word.first?.isUppercase ?? false)
            || abbreviations.contains(word.lowercased())
    }
}
