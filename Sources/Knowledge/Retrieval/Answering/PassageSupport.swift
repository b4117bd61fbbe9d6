import Vectors

/// How far passages say what a sentence says, by their words.
struct PassageSupport: Sendable {
    private let words: [Set<String>]

    init(_ passages: [String]) { words = passages.map { Set(Self.stems(of: $0)) } }

    var count: Int { words.count }

    /// The share of a sentence's words that a passage has, from 0 to 1; 0 if the sentence has a number that the passage has not.
    func share(of sentence: String, in place: Int) -> Double {
        let wanted = Set(Self.stems(of: sentence))
        guard words.indices.contains(place), !wanted.isEmpty else { return 0 }
        let numbers = wanted.filter { $0.contains(where: \.isNumber) }
        guard numbers.isSubset(of: words[place]) else { return 0 }
        return Double(wanted.intersection(words[place]).count) / Double(wanted.count)
    }

    /// The passage that supports a sentence best, the first of equal ones, if its share is large enough.
    func best(for sentence: String, atLeast share: Double = 0.65) -> Int? {
        var best: (place: Int, share: Double)?
        for place in words.indices {
            let found = self.share(of: sentence, in: place)
            if found >= share, found > best?.share ?? 0 { best = (place, found) }
        }
        return best?.place
    }

    /// The share of a question's words that the passages have together.
    func coverage(of question: String) -> Double {
        let wanted = Set(Self.stems(of: question))
        guard !wanted.isEmpty else { return 0 }
        let all = words.reduce(into: Set<String>()) { $0.formUnion($1) }
        return Double(wanted.intersection(all).count) / Double(wanted.count)
    }

    /// Words that carry meaning, without the commonest endings.
    private static func stems(of text: String) -> [String] {
        WordSplitter.words(of: text).filter { !common.contains($0) }.map { word in
            for ending in ["ing", "ed", "es", "s"] where word.count > ending.count + 2 && word.hasSuffix(ending) {
                return String(word.dropLast(ending.count))
            }
            return word
        }
    }

    private static let common: Set<String> = [
        "a", "an", "and", "are", "as", "at", "be", "been", "but", "by", "can", "could", "did", "do", "does", "for",
        "from",
        "had", "has", "have", "he", "her", "his", "how", "i", "if", "in", "into", "is", "it", "its", "may", "me", "my",
        "no",
        "not", "of", "on", "or", "our", "she", "should", "so", "than", "that", "the", "their", "them", "then", "there",
        "these", "they", "this", "those", "to", "was", "we", "were", "what", "when", "where", "which", "who", "why",
        "will",
        "with", "would", "you", "your", "passage", "passages", "document", "documents", "answer", "question",
        "according",
        "der", "die", "das", "und", "ist", "ein", "eine", "in", "zu", "von", "mit", "wie", "was", "wer", "wo",
    ]
}
