/// Places where grapheme clusters surely end, found without Unicode's whole rules (Unicode Standard Annex 29).
enum GraphemeBreaks {
    /// The stretch from the last such place at or before a scalar to the first one after it; `start` is one, too.
    static func surround(_ scalar: Range<Int>, in text: UnsafeBufferPointer<UInt8>, from start: Int) -> Range<Int> {
        let isPlain = isPlain(at: scalar.lowerBound, in: text)
        var first = scalar.lowerBound
        var firstIsPlain = isPlain
        while first > start {
            var previous = first - 1
            while previous > start, text[previous] & 0xC0 == 0x80 { previous -= 1 }
            let previousIsPlain = Self.isPlain(at: previous, in: text)
            if previousIsPlain, firstIsPlain { break }
            (first, firstIsPlain) = (previous, previousIsPlain)
        }
        var end = scalar.upperBound
        var lastIsPlain = isPlain
        while end < text.count {
            let nextIsPlain = Self.isPlain(at: end, in: text)
            if nextIsPlain, lastIsPlain { break }
            _ = decodeScalar(text, &end)
            lastIsPlain = nextIsPlain
        }
        return first..<end
    }

    /// Whether the scalar there takes part in no cluster with another one that is plain. Some are denied it for
    /// brevity's sake.
    private static func isPlain(at position: Int, in text: UnsafeBufferPointer<UInt8>) -> Bool {
        if text[position] < 0x80 { return text[position] != 0x0D }
        var position = position
        let value = decodeScalar(text, &position).value
        switch value {
        // Thai and Lao vowels that extend, a mark before a Malayalam letter.
        case 0x0E33, 0x0EB3, 0x0D4E: return false
        // Of Hangul, syllables only; nothing of the surrogates and private planes, of emoji and regional indicators.
        case ..<0x1100, 0x2000..<0xA960, 0xAC00...0xD7A3, 0xF900..<0xFF9E: break
        default: return false
        }
        let table = ScalarClassTable.shared
        let page = Int(table.pages[Int(value >> 8)]) << 8
        return !table.classes[page | Int(value & 0xFF)].meets([.mark, .other])
    }
}
