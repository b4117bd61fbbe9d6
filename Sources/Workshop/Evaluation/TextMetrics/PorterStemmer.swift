/// Porter's stemmer (1980) with the extensions that nltk has by default.
struct PorterStemmer {
    private static let irregular: [Scalars: Scalars] = {
        let forms = [
            "sky": "sky", "skies": "sky", "dying": "die", "lying": "lie", "tying": "tie", "news": "news",
            "innings": "inning", "inning": "inning", "outings": "outing", "outing": "outing", "cannings": "canning",
            "canning": "canning", "howe": "howe", "proceed": "proceed", "exceed": "exceed", "succeed": "succeed",
        ]
        return Dictionary(uniqueKeysWithValues: forms.map { ($0.key.scalars, $0.value.scalars) })
    }()

    /// The stem of a word in lower case.
    static func stem(_ word: Scalars) -> Scalars {
        if let stem = irregular[word] { return stem }
        if word.count <= 2 { return word }
        return doubleL(finalE(suffixes4(suffixes3(suffixes2(finalY(pastAndGerund(plural(word))))))))
    }

    // MARK: Conditions

    /// For each letter whether it is a consonant; y is one at the start and after a vowel.
    private static func consonants(_ word: Scalars) -> [Bool] {
        var flags: [Bool] = []
        for letter in word {
            switch letter {
            case "a", "e", "i", "o", "u": flags.append(false)
            case "y": flags.append(flags.last.map { !$0 } ?? true)
            default: flags.append(true)
            }
        }
        return flags
    }

    /// How many vowels are followed by a consonant.
    private static func measure(_ word: Scalars) -> Int {
        let flags = consonants(word)
        return zip(flags, flags.dropFirst()).count { !$0 && $1 }
    }

    private static func endsInDoubleConsonant(_ word: Scalars) -> Bool {
        word.count >= 2 && word[word.count - 1] == word[word.count - 2] && consonants(word).last == true
    }

    private static func endsInShortSyllable(_ word: Scalars) -> Bool {
        let flags = consonants(word)
        if word.count == 2 { return !flags[0] && flags[1] }
        guard word.count > 2, let last = word.last else { return false }
        return flags.suffix(3) == [true, false, true] && !["w", "x", "y"].contains(last)
    }

    // MARK: Rules

    private typealias Rule = (suffix: String, replacement: String)

    /// Applies the first rule whose suffix the word has, if the rest fulfils the condition.
    private static func apply(_ rules: [Rule], to word: Scalars, if condition: (Scalars, String) -> Bool) -> Scalars {
        for rule in rules {
            guard let rest = word.without(rule.suffix) else { continue }
            return condition(rest, rule.suffix) ? rest + rule.replacement.scalars : word
        }
        return word
    }

    private static func plural(_ word: Scalars) -> Scalars {
        if word.count == 4, let rest = word.without("ies") { return rest + "ie".scalars }
        return apply([("sses", "ss"), ("ies", "i"), ("ss", "ss"), ("s", "")], to: word) { _, _ in true }
    }

    private static func pastAndGerund(_ word: Scalars) -> Scalars {
        if let rest = word.without("ied") { return rest + (word.count == 4 ? "ie" : "i").scalars }
        if let rest = word.without("eed") { return measure(rest) > 0 ? rest + "ee".scalars : word }
        guard
            let rest = ["ed", "ing"].lazy.compactMap({ word.without($0) }).first(where: {
                consonants($0).contains(false)
            })
        else { return word }
        for suffix in ["at", "bl", "iz"] where rest.without(suffix) != nil { return rest + ["e"] }
        if endsInDoubleConsonant(rest) {
            return rest.last.map { ["l", "s", "z"].contains($0) } == true ? rest : rest.dropLast()
        }
        return measure(rest) == 1 && endsInShortSyllable(rest) ? rest + ["e"] : rest
    }

    private static func finalY(_ word: Scalars) -> Scalars {
        apply([("y", "i")], to: word) { rest, _ in rest.count > 1 && consonants(rest).last == true }
    }

    private static let rules2: [Rule] = [
        ("ational", "ate"), ("tional", "tion"), ("enci", "ence"), ("anci", "ance"), ("izer", "ize"), ("bli", "ble"),
        ("alli", "al"), ("entli", "ent"), ("eli", "e"), ("ousli", "ous"), ("ization", "ize"), ("ation", "ate"),
        ("ator", "ate"), ("alism", "al"), ("iveness", "ive"), ("fulness", "ful"), ("ousness", "ous"), ("aliti", "al"),
        ("iviti", "ive"), ("biliti", "ble"), ("fulli", "ful"), ("logi", "log"),
    ]

    private static func suffixes2(_ word: Scalars) -> Scalars {
        if let rest = word.without("alli"), measure(rest) > 0 { return suffixes2(rest + "al".scalars) }
        return apply(rules2, to: word) { rest, suffix in
            // The l of logi belongs to the stem here, so that geo and theo are long enough.
            measure(suffix == "logi" ? rest + ["l"] : rest) > 0
        }
    }

    private static func suffixes3(_ word: Scalars) -> Scalars {
        let rules: [Rule] = [
            ("icate", "ic"), ("ative", ""), ("alize", "al"), ("iciti", "ic"), ("ical", "ic"), ("ful", ""), ("ness", ""),
        ]
        return apply(rules, to: word) { rest, _ in measure(rest) > 0 }
    }

    private static let rules4: [Rule] = [
        "al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ion", "ou", "ism", "ate",
        "iti", "ous", "ive", "ize",
    ].map { ($0, "") }

    private static func suffixes4(_ word: Scalars) -> Scalars {
        apply(rules4, to: word) { rest, suffix in
            measure(rest) > 1 && (suffix != "ion" || rest.last == "s" || rest.last == "t")
        }
    }

    private static func finalE(_ word: Scalars) -> Scalars {
        guard let rest = word.without("e") else { return word }
        let count = measure(rest)
        return count > 1 || count == 1 && !endsInShortSyllable(rest) ? rest : word
    }

    private static func doubleL(_ word: Scalars) -> Scalars {
        word.without("ll") != nil && measure(word.dropLast()) > 1 ? word.dropLast() : word
    }
}

extension [Unicode.Scalar] {
    /// What stands before a suffix; nil if the word does not end so.
    fileprivate func without(_ suffix: String) -> Scalars? {
        let suffix = suffix.unicodeScalars
        guard count >= suffix.count, self[(count - suffix.count)...].elementsEqual(suffix) else { return nil }
        return Scalars(self[..<(count - suffix.count)])
    }

    fileprivate func dropLast() -> Scalars { Scalars(self[..<Swift.max(count - 1, 0)]) }
}
