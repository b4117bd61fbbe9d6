/// Checks the citations of an answer as it comes, sentence by sentence.
///
/// A number in square brackets stays if there is such a passage and it shares words with the sentence; others are taken out. A
/// sentence without a citation gets that of the passage that says the same, if there is one.
struct CitationStream {
    private let support: PassageSupport
    /// The sentence so far, without citations.
    private var sentence = ""
    private var hasCitation = false
    private var said: Set<String> = []
    /// Whether a sentence came a second time, as small models do without end.
    private(set) var repeats = false
    /// What may become a citation.
    private var bracket = ""
    /// Whether the sentence may end here, if white space follows.
    private var isAtEnd = false

    /// The passages that are cited, by their numbers from 1.
    private(set) var cited: Set<Int> = []
    /// The sentences, and those that no passage supports.
    private(set) var (sentences, unsupported) = (0, 0)

    init(_ support: PassageSupport) { self.support = support }

    /// Takes in a piece of the answer; returns what is to be shown.
    mutating func take(_ piece: String) -> String {
        var shown = ""
        for character in piece { take(character, &shown) }
        return shown
    }

    /// Ends the answer; returns what is left to be shown.
    mutating func finish() -> String {
        var shown = ""
        flushBracket(&shown)
        endSentence(&shown)
        return shown
    }

    private mutating func take(_ character: Character, _ shown: inout String) {
        if !bracket.isEmpty {
            bracket.append(character)
            if character == "]" {
                closeBracket(&shown)
            } else if !(character.isNumber || ", ".contains(character)) || bracket.count > 16 {
                flushBracket(&shown)
            }
            return
        }
        if character == "[" {
            bracket = "["
            return
        }
        if character.isNewline || character.isWhitespace && isAtEnd {
            endSentence(&shown)
        } else if !character.isWhitespace {
            isAtEnd = ".!?。！？".contains(character) || isAtEnd && "\"')”’".contains(character)
        }
        sentence.append(character)
        shown.append(character)
    }

    private mutating func flushBracket(_ shown: inout String) {
        shown += bracket
        sentence += bracket
        bracket = ""
    }

    private mutating func closeBracket(_ shown: inout String) {
        defer { bracket = "" }
        let numbers = bracket.split { !$0.isNumber }.compactMap { Int($0) }
        guard !numbers.isEmpty else {
            shown += bracket
            sentence += bracket
            return
        }
        for number in numbers where support.share(of: sentence, in: number - 1) >= 0.3 {
            if cited.contains(number), shown.hasSuffix("[\(number)]") { continue }
            cite(number, &shown)
        }
    }

    private mutating func cite(_ number: Int, _ shown: inout String) {
        cited.insert(number)
        hasCitation = true
        if let last = shown.last, !last.isWhitespace, last != "]" { shown += " " }
        shown += "[\(number)]"
    }

    private mutating func endSentence(_ shown: inout String) {
        defer { (sentence, hasCitation, isAtEnd) = ("", false, false) }
        guard sentence.contains(where: { $0.isLetter || $0.isNumber }) else { return }
        sentences += 1
        if !said.insert(sentence.filter { $0.isLetter || $0.isNumber }).inserted { repeats = true }
        if hasCitation { return }
        if let place = support.best(for: sentence) {
            if shown.isEmpty { shown = " " }
            cite(place + 1, &shown)
        } else {
            unsupported += 1
        }
    }
}
