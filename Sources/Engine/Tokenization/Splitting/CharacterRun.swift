/// Patterns of one repeated character class, `[members]{1,n}`, with white space allowed before it, hand-written.
struct CharacterRun: Sendable {
    /// `\s?` (or another class) before the run.
    var prefix: ScalarClass = []
    /// The classes that the run is made of.
    var members: ScalarClass
    /// Further ASCII members.
    var symbols: StaticString = ""
    /// Whether numbers count that Unicode has assigned since the table of classes was made.
    var takesLaterNumbers = false
    /// The longest match, in scalars without the prefix.
    var limit = Int.max

    /// The first match at or after an index.
    func nextMatch(in text: ScalarText, from start: Int) -> Range<Int>? {
        var index = start
        while index < text.end {
            let (first, length) = text.scalar(at: index)
            if first.meets(prefix) {
                let end = endOfRun(in: text, from: index + length)
                if end > index + length { return index..<end }
            }
            if isMember(first, in: text, at: index) { return index..<endOfRun(in: text, from: index) }
            index &+= length
        }
        return nil
    }

    @inline(__always)
    private func isMember(_ found: ScalarClass, in text: ScalarText, at index: Int) -> Bool {
        found.meets(members)
            || (symbols.utf8CodeUnitCount > 0 && symbols.withUTF8Buffer { $0.contains(text.bytes[index]) })
            || (takesLaterNumbers && found == .other && isLaterNumber(in: text, at: index))
    }

    private func isLaterNumber(in text: ScalarText, at index: Int) -> Bool {
        let (value, length) = decodeScalar(text.bytes, at: index, end: text.end)
        guard length > 1, let scalar = Unicode.Scalar(value) else { return false }
        return scalar.isNumber
    }

    private func endOfRun(in text: ScalarText, from start: Int) -> Int {
        var index = start
        var left = limit
        while left > 0, index < text.end {
            let (found, length) = text.scalar(at: index)
            guard isMember(found, in: text, at: index) else { break }
            index &+= length
            left &-= 1
        }
        return index
    }
}
