/// Splits texts into the words that keyword search compares: runs of letters and digits in lower case; of Chinese, Japanese
/// and Korean writing, which has no spaces, pairs of neighbouring characters.
public enum WordSplitter {
    /// The words of a text, in its order, as often as they are there.
    public static func words(of text: String) -> [String] {
        var words: [String] = []
        var word = ""
        var signs: [Character] = []
        func finish() {
            if !word.isEmpty { words.append(word) }
            word = ""
            if signs.count == 1 { words.append(String(signs[0])) }
            for place in signs.indices.dropLast() { words.append(String(signs[place...place + 1])) }
            signs = []
        }
        for character in text {
            guard character.isLetter || character.isNumber else {
                finish()
                continue
            }
            let isSign = character.unicodeScalars.first.map(isWithoutSpaces) ?? false
            if isSign ? !word.isEmpty : !signs.isEmpty { finish() }
            if isSign { signs.append(character) } else { word += character.lowercased() }
        }
        finish()
        return words
    }

    /// Whether a character is of a writing whose words have no spaces between: Han, kana, Hangul.
    private static func isWithoutSpaces(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x1100...0x11FF, 0x3040...0x30FF, 0x3130...0x318F, 0x31F0...0x31FF, 0x3400...0x4DBF, 0x4E00...0x9FFF,
            0xAC00...0xD7AF, 0xF900...0xFAFF, 0x20000...0x3FFFF:
            true
        default: false
        }
    }
}
