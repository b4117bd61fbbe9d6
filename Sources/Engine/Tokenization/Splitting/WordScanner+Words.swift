extension WordScanner {
    /// `[^\r\n\p{L}\p{N}]?[U]*[L]+|[^\r\n\p{L}\p{N}]?[U]+[L]*` with U = `\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}` and
    /// L = `\p{Ll}\p{Lm}\p{Lo}\p{M}`, without backtracking.
    ///
    /// The first branch is tried with the prefix and without it, then the second one likewise. A mark is a prefix as
    /// well as a member, hence the second try.
    func endOfCasedWord(
        in text: ScalarText, at start: Int, afterPrefix next: Int?, _ excluded: ScalarClass
    ) -> Int? {
        let prefixed = next.map { capitals(in: text, from: $0, excluded) }
        if let prefixed, let end = endOfLowercaseWord(in: text, prefixed, excluded) { return end }
        let bare = capitals(in: text, from: start, excluded)
        if let end = endOfLowercaseWord(in: text, bare, excluded) { return end }
        // Nothing of L follows U's run here, or the first branch had matched.
        if let prefixed, prefixed.end > prefixed.start { return prefixed.end }
        return bare.end > bare.start ? bare.end : nil
    }

    /// A run of U.
    private struct Capitals {
        var start: Int
        var end: Int
        /// The end of its last scalar that is in L too.
        var endOfShared: Int?
    }

    private func capitals(in text: ScalarText, from start: Int, _ excluded: ScalarClass) -> Capitals {
        var run = Capitals(start: start, end: start)
        while run.end < text.end {
            let (found, length) = text.scalar(at: run.end)
            guard found.meets([.upper, .caseless, .mark]), !found.meets(excluded) else { break }
            run.end &+= length
            if found.meets([.caseless, .mark]) { run.endOfShared = run.end }
        }
        return run
    }

    /// `[L]+` after a run of U, which gives back as much as it must: up to its last scalar that is in L as well.
    private func endOfLowercaseWord(in text: ScalarText, _ run: Capitals, _ excluded: ScalarClass) -> Int? {
        var index = run.end
        while index < text.end {
            let (found, length) = text.scalar(at: index)
            guard found.meets([.lower, .caseless, .mark]), !found.meets(excluded) else { break }
            index &+= length
        }
        return index > run.end ? index : run.endOfShared
    }

    /// The end of `'s`, `'t`, `'re`, `'ve`, `'m`, `'ll` or `'d` at an apostrophe.
    func endOfContraction(_ contractions: Contractions, in text: ScalarText, at apostrophe: Int) -> Int? {
        guard contractions != .none, apostrophe &+ 1 < text.end else { return nil }
        let caseBit: UInt8 = contractions == .anyCase ? 0x20 : 0
        let first = text.bytes[apostrophe &+ 1] | caseBit
        switch first {
        case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"):
            return apostrophe &+ 2
        case UInt8(ascii: "r"), UInt8(ascii: "v"), UInt8(ascii: "l"):
            guard apostrophe &+ 2 < text.end else { return nil }
            let expected = first == UInt8(ascii: "l") ? first : UInt8(ascii: "e")
            return text.bytes[apostrophe &+ 2] | caseBit == expected ? apostrophe &+ 3 : nil
        // Without case, U+017F (long s) is an s.
        case 0xC5 | caseBit where contractions == .anyCase:
            guard apostrophe &+ 2 < text.end else { return nil }
            let isLongS = text.bytes[apostrophe &+ 1] == 0xC5 && text.bytes[apostrophe &+ 2] == 0xBF
            return isLongS ? apostrophe &+ 3 : nil
        default:
            return nil
        }
    }

    func isASCIILetter(_ text: ScalarText, _ index: Int) -> Bool {
        let byte = text.bytes[index] | 0x20
        return byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z")
    }

    func endOfASCIILetters(in text: ScalarText, from start: Int) -> Int {
        var index = start
        while index < text.end, isASCIILetter(text, index) { index &+= 1 }
        return index
    }
}
