/// The family of patterns that cut text into words, numbers, symbols and white space, hand-written.
///
/// All of them are one alternation, tried in the order of the properties below; what differs is data. The default
/// values are those of the pattern that GPT-4's `cl100k_base` made popular and Llama 3 uses.
struct WordScanner: Sendable {
    /// Which of `'s 't 're 've 'm 'll 'd` are matched.
    enum Contractions: Sendable {
        case none, lowercase, anyCase
    }

    /// What a word is made of.
    enum Word: Sendable {
        /// `[members]+`
        case run(ScalarClass)
        /// `[upper caseless mark]*[lower caseless mark]+|[upper caseless mark]+[lower caseless mark]*`, none of them of
        /// the classes given: capitals open a word.
        case cased(without: ScalarClass)
    }

    /// What may follow symbols and belong to them.
    enum SymbolTail: Sendable {
        case none, newlines, newlinesAndSlashes
    }

    /// `[\p{Han}]+` comes before everything else.
    var hanRuns = false
    /// Contractions that are pieces of their own.
    var contractions = Contractions.anyCase
    /// `[!-/:-@\[-`{-~][A-Za-z]+`, an ASCII symbol and the ASCII letters after it.
    var symbolWords = false
    /// The classes of which one scalar may open a word.
    var wordPrefix: ScalarClass = [.space, .blank, .mark, .punctuation, .symbol, .other]
    var word = Word.run(.letter)
    /// Contractions that end a word.
    var wordSuffix = Contractions.none
    /// Whether a space may open a number.
    var spacedNumbers = false
    /// The longest number, in digits; 0 if numbers are not matched.
    var numberLimit = 1
    /// The scalars of ` ?[symbols]+`.
    var symbols: ScalarClass = [.mark, .punctuation, .symbol, .other]
    var symbolTail = SymbolTail.newlines
    /// `\s++$`: white space that ends the text is one piece.
    var wholeTrailingWhitespace = false
    /// `\s*[\r\n]+`: white space up to its last line end is a piece.
    var newlineRuns = true
    /// Whether the pattern ends in `\s+`, which matches the one white space that `\s+(?!\S)` leaves before a word.
    var loneWhitespace = true

    /// The end of the match at an index below the end of the text; nil if none starts there.
    @inline(__always)
    func endOfMatch(in text: ScalarText, at start: Int) -> Int? {
        let byte = text.bytes[start]
        let (first, length) = text.scalar(at: start)
        if hanRuns, first.meets(.han) { return text.endOfRun(of: .han, from: start) }
        if byte == UInt8(ascii: "'"), let end = endOfContraction(contractions, in: text, at: start) { return end }
        let next = start &+ length
        let second = text.classes(at: next)
        if symbolWords, byte < 0x80, first.meets([.punctuation, .symbol]), next < text.end, isASCIILetter(text, next) {
            return endOfASCIILetters(in: text, from: next)
        }
        if let end = endOfWord(in: text, at: start, first: first, next: next, second: second) { return end }
        if numberLimit > 0 {
            if first.meets(.number) { return text.endOfRun(of: .number, from: start, atMost: numberLimit) }
            if spacedNumbers, first == .space, second.meets(.number) {
                return text.endOfRun(of: .number, from: next, atMost: numberLimit)
            }
        }
        if first.meets(symbols) || (first == .space && second.meets(symbols)) {
            return endOfSymbolTail(in: text, from: text.endOfRun(of: symbols, from: next))
        }
        return first.meets(.whitespace) ? endOfWhitespace(in: text, at: start) : nil
    }

    @inline(__always)
    private func endOfWord(
        in text: ScalarText, at start: Int, first: ScalarClass, next: Int, second: ScalarClass
    ) -> Int? {
        var end: Int?
        switch word {
        case .run(let members):
            // A scalar that is both a prefix and a member ends the same run either way.
            if first.meets(members) || (first.meets(wordPrefix) && second.meets(members)) {
                end = text.endOfRun(of: members, from: next)
            }
        case .cased(let excluded):
            end = endOfCasedWord(in: text, at: start, afterPrefix: first.meets(wordPrefix) ? next : nil, excluded)
        }
        guard let end, wordSuffix != .none, end < text.end, text.bytes[end] == UInt8(ascii: "'") else { return end }
        return endOfContraction(wordSuffix, in: text, at: end) ?? end
    }

    /// `\s++$|\s*[\r\n]+|\s+(?!\S)|\s+`, as far as the options have them.
    private func endOfWhitespace(in text: ScalarText, at start: Int) -> Int? {
        var index = start
        var last = start
        var afterNewline: Int?
        while index < text.end {
            let (found, length) = text.scalar(at: index)
            guard found.meets(.whitespace) else { break }
            last = index
            index &+= length
            if found.meets(.newline) { afterNewline = index }
        }
        if wholeTrailingWhitespace, index == text.end { return index }
        if newlineRuns, let afterNewline { return afterNewline }
        if index == text.end { return index }
        if last > start { return last }
        return loneWhitespace ? index : nil
    }

    @inline(__always)
    private func endOfSymbolTail(in text: ScalarText, from start: Int) -> Int {
        guard symbolTail != .none else { return start }
        var index = start
        while index < text.end {
            switch text.bytes[index] {
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"): index &+= 1
            case UInt8(ascii: "/") where symbolTail == .newlinesAndSlashes: index &+= 1
            default: return index
            }
        }
        return index
    }
}
