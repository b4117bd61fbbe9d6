import Vectors

/// Why two questions with near vectors must not share an answer, by their words. Vectors of sentences hardly see a negation, and
/// see numbers and names only as a little difference.
///
/// No rule finds every difference. Each refuses what it cannot tell, which costs no more than an answer from the model.
public enum QuestionDifference: String, Sendable, Hashable, CaseIterable {
    /// One denies what the other asks.
    case negation
    /// Other numbers.
    case numbers
    /// One has the opposite of the other's word, such as before and after.
    case opposites
    /// Other names, quotations or pieces of code.
    case names
    /// One asks when, the other where.
    case asked
    /// The same words in another order, where order tells who and whom, from and to.
    case order
    /// One word that carries meaning is another one, or more, and all else is the same.
    case subject

    /// The first difference that is found; nil if an answer to one may be given to the other.
    public static func between(_ first: String, _ second: String) -> QuestionDifference? {
        let (first, second) = (Question(first), Question(second))
        if first.negations != second.negations { return .negation }
        if first.numbers != second.numbers { return .numbers }
        if haveOpposites(first, second) { return .opposites }
        if !first.names.isSubset(of: second.all) || !second.names.isSubset(of: first.all) { return .names }
        if first.asked != second.asked { return .asked }
        let isReordered = first.content != second.content && first.content.sorted() == second.content.sorted()
        if isReordered, !first.all.isDisjoint(with: directions) { return .order }
        return isOneWordApart(first.content, second.content) ? .subject : nil
    }

    /// Whether one word is put in or replaced by another that is no form of it.
    private static func isOneWordApart(_ first: [String], _ second: [String]) -> Bool {
        let (shorter, longer) = first.count <= second.count ? (first, second) : (second, first)
        guard longer.count - shorter.count <= 1 else { return false }
        let begin = zip(shorter, longer).prefix { $0 == $1 }.count
        let (rest, other) = (shorter.dropFirst(begin), longer.dropFirst(begin))
        guard let new = other.first, other.dropFirst().elementsEqual(rest.suffix(other.count - 1)) else { return false }
        guard shorter.count == longer.count, let old = rest.first else { return true }
        // Forms of one word, such as dog and dogs, begin alike.
        let common = zip(old, new).prefix { $0 == $1 }.count
        return common < 3 || common < min(old.count, new.count) - 2
    }

    private static func haveOpposites(_ first: Question, _ second: Question) -> Bool {
        let (only, others) = (first.all.subtracting(second.all), second.all.subtracting(first.all))
        return only.contains { word in
            opposite[word].map { !$0.isDisjoint(with: others) } ?? false
                || prefixes.contains {
                    others.contains($0 + word)
                        || word.hasPrefix($0) && others.contains(String(word.dropFirst($0.count)))
                }
        }
    }

    private static let prefixes = ["un", "in", "im", "ir", "dis", "non", "de", "mis"]
    private static let directions: Set<String> = [
        "than", "from", "to", "into", "onto", "over", "before", "after", "by", "versus", "vs", "with", "for", "of",
    ]
    private static let pairs = [
        ("before", "after"), ("more", "less"), ("more", "fewer"), ("most", "least"), ("max", "min"),
        ("maximum", "minimum"), ("first", "last"), ("increase", "decrease"), ("increase", "reduce"), ("raise", "lower"),
        ("buy", "sell"), ("open", "close"), ("start", "stop"), ("begin", "end"), ("enable", "disable"),
        ("allow", "forbid"), ("allow", "prevent"), ("with", "without"), ("safe", "dangerous"), ("true", "false"),
        ("best", "worst"), ("better", "worse"), ("good", "bad"), ("highest", "lowest"), ("high", "low"),
        ("higher", "lower"), ("largest", "smallest"), ("larger", "smaller"), ("big", "small"), ("left", "right"),
        ("up", "down"), ("upper", "lower"), ("on", "off"), ("in", "out"), ("add", "remove"), ("install", "uninstall"),
        ("encrypt", "decrypt"), ("encode", "decode"), ("upload", "download"), ("import", "export"), ("push", "pull"),
        ("create", "delete"), ("accept", "reject"), ("win", "lose"), ("love", "hate"), ("hot", "cold"),
        ("fast", "slow"), ("old", "new"), ("oldest", "newest"), ("early", "late"), ("always", "never"), ("all", "none"),
        ("gain", "loss"), ("profit", "loss"), ("advantages", "disadvantages"), ("pros", "cons"), ("cause", "effect"),
        ("read", "write"), ("send", "receive"), ("inside", "outside"), ("above", "below"), ("hire", "fire"),
        ("lock", "unlock"), ("north", "south"), ("east", "west"), ("male", "female"), ("import", "exports"),
    ]
    private static let opposite: [String: Set<String>] = pairs.reduce(into: [:]) { table, pair in
        table[pair.0, default: []].insert(pair.1)
        table[pair.1, default: []].insert(pair.0)
    }
}

/// What the comparison looks at.
private struct Question {
    let all: Set<String>
    /// All words but those that say little, in order.
    let content: [String]
    let negations: Int
    let numbers: [String]
    let names: Set<String>
    let asked: Set<String>

    init(_ text: String) {
        let text = text.replacing("’", with: "'").replacing("n't", with: " not").replacing("annot", with: "an not")
        let words = WordSplitter.words(of: text)
        all = Set(words)
        content = words.filter { !Self.little.contains($0) }
        negations = words.count { Self.negative.contains($0) || $0.hasPrefix("kein") } % 2
        numbers = words.filter { $0.contains(where: \.isNumber) }.sorted()
        names = Self.names(in: text)
        var asked = Set(words.filter(Self.interrogative.contains))
        for (place, word) in words.enumerated().dropLast() where word == "how" {
            if Self.degrees.contains(words[place + 1]) { asked.insert("how " + words[place + 1]) }
        }
        self.asked = asked
    }

    /// Capitalized words that do not begin a sentence, and what stands in quotation marks or backticks, in lower case.
    private static func names(in text: String) -> Set<String> {
        var names: Set<String> = []
        var beginsSentence = true
        for part in text.split(whereSeparator: \.isWhitespace) {
            let word = part.drop { !$0.isLetter && !$0.isNumber }
            let isCode = part.first.map { "`\"“«".contains($0) } ?? false
            let isUpper = word.first?.isUppercase ?? false
            if isCode || isUpper && word != "I" && (!beginsSentence || word.dropFirst().contains(where: \.isUppercase))
            {
                names.formUnion(WordSplitter.words(of: String(part)))
            }
            beginsSentence = part.last.map { ".!?:".contains($0) } ?? false
        }
        return names
    }

    private static let negative: Set<String> = [
        "not", "no", "never", "none", "nobody", "nothing", "nowhere", "neither", "nor", "without", "except",
        "excluding",
        "nicht", "nie", "niemals", "ohne", "nichts", "pas", "sans", "jamais", "sin", "nunca",
    ]
    private static let interrogative: Set<String> = [
        "who", "whom", "whose", "when", "where", "why", "wer", "wen", "wem", "wann", "wo", "warum", "wieso",
    ]
    private static let degrees: Set<String> = [
        "many", "much", "long", "often", "old", "far", "big", "large", "tall", "high", "deep", "fast", "heavy", "wide",
    ]
    private static let little: Set<String> = [
        "a", "an", "the", "is", "are", "was", "were", "do", "does", "did", "can", "could", "i", "you", "we", "it", "my",
        "your", "please", "tell", "me", "what", "which", "how", "in", "on", "at", "and", "or", "this", "that", "these",
        "those", "there",
    ]
}
