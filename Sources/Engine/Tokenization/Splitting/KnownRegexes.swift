/// How one pattern is matched.
enum SplitStep: Sendable {
    case words(WordScanner)
    case run(CharacterRun)
    case set(SetRun)
    /// `\s+$`, where lines end, too
    case trailingSpace
    case digitGroups(DigitGroups)
    case regex(CompiledRegex)

    init(regex: String) throws(SplitPatternError) {
        if let known = KnownRegexes.scanners[regex] {
            self = known
        } else if let run = SetRun(regex: regex) {
            self = .set(run)
        } else {
            self = .regex(try CompiledRegex(regex))
        }
    }
}

/// The patterns that models use, as their files have them, and the scanners that stand for them.
enum KnownRegexes {
    static let gpt2 = #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#
    static let gpt2Bare = #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)"#
    static let whitespace = #"|\s*[\r\n]+|\s+(?!\S)|\s+"#
    static let letters = #"[^\r\n\p{L}\p{N}]?\p{L}+|"#
    static let contractions = #"(?i:'s|'t|'re|'ve|'m|'ll|'d)"#
    static let symbols = #"| ?[^\s\p{L}\p{N}]+[\r\n]*"#
    static let llama3 = contractions + "|" + letters + #"\p{N}{1,3}"# + symbols + whitespace
    static let qwen2 = contractions + "|" + letters + #"\p{N}"# + symbols + whitespace
    static let longNumbers = contractions + "|" + letters + #"\p{N}+"# + symbols + whitespace
    static let ufakzeka = letters + #"\p{N}"# + symbols + whitespace
    static let seedCoder =
        contractions + "|" + letters + #"\p{N}{1}| ?[^\s\p{L}\p{N}\r\n]+"# + whitespace
    static let bailing =
        #"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+"#
    static let qwen35 =
        contractions + #"|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*"# + whitespace
    static let cl100k =
        #"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$"#
        + #"|\s*[\r\n]|\s+(?!\S)|\s"#
    static let deepseek3 =
        ##"[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+"##
        + #"| ?[\p{P}\p{S}]+[\r\n]*"# + whitespace
    static let tekken = cased(suffix: "", number: #"\p{N}"#, without: "", tail: "/")
    static let o200k = cased(suffix: contractions + "?", number: #"\p{N}{1,3}"#, without: "", tail: "/")
    static let kimi =
        #"[\p{Han}]+|"#
        + cased(suffix: contractions + "?", number: #"\p{N}{1,3}"#, without: #"&&[^\p{Han}]"#, tail: "")

    private static func cased(suffix: String, number: String, without: String, tail: String) -> String {
        let upper = #"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}\#(without)]"#
        let lower = #"[\p{Ll}\p{Lm}\p{Lo}\p{M}\#(without)]"#
        let prefix = #"[^\r\n\p{L}\p{N}]?"#
        return "\(prefix)\(upper)*\(lower)+\(suffix)|\(prefix)\(upper)+\(lower)*\(suffix)|\(number)"
            + #"| ?[^\s\p{L}\p{N}]+[\r\n\#(tail)]*"# + whitespace
    }

    static let scanners: [String: SplitStep] = [
        gpt2: .words(spaced(loneWhitespace: true)),
        gpt2Bare: .words(spaced(loneWhitespace: false)),
        llama3: .words(WordScanner(numberLimit: 3)),
        qwen2: .words(WordScanner()),
        longNumbers: .words(WordScanner(numberLimit: .max)),
        ufakzeka: .words(WordScanner(contractions: .none)),
        seedCoder: .words(WordScanner(symbolTail: .none)),
        bailing: .words(WordScanner()),
        qwen35: .words(
            WordScanner(word: .run([.letter, .mark]), symbols: [.punctuation, .symbol, .other])),
        cl100k: .words(WordScanner(numberLimit: 3, wholeTrailingWhitespace: true)),
        deepseek3: .words(
            WordScanner(
                contractions: .none, symbolWords: true,
                wordPrefix: [.space, .blank, .mark, .number, .other], word: .run([.letter, .mark]),
                numberLimit: 0, symbols: [.punctuation, .symbol])),
        tekken: .words(
            WordScanner(contractions: .none, word: .cased(without: []), symbolTail: .newlinesAndSlashes)),
        o200k: .words(
            WordScanner(
                contractions: .none, word: .cased(without: []), wordSuffix: .anyCase, numberLimit: 3,
                symbolTail: .newlinesAndSlashes)),
        kimi: .words(
            WordScanner(
                hanRuns: true, contractions: .none, word: .cased(without: .han), wordSuffix: .anyCase,
                numberLimit: 3)),
        #"\p{N}"#: .run(CharacterRun(members: .number, limit: 1)),
        #"\p{N}{1,3}"#: .run(CharacterRun(members: .number, limit: 3)),
        #"\p{N}+"#: .run(CharacterRun(members: .number)),
        #"\p{N}{1,3}(?=(?:\p{N}{3})*(?!\p{N}))"#: .digitGroups(DigitGroups(members: .number)),
        #"(?=(\d{3})+(?!\d))"#: .digitGroups(DigitGroups(members: .decimal, matchesPlaces: true)),
        #"\s+$"#: .trailingSpace,
        #"[\r\n]"#: .run(CharacterRun(members: .newline, limit: 1)),
        #"\s?\p{L}+"#: .run(CharacterRun(prefix: .whitespace, members: .letter)),
        #"\s?\p{P}+"#: .run(CharacterRun(prefix: .whitespace, members: .punctuation)),
        #"[\p{P}\$\+<=>\^~\|`]+"#: .run(CharacterRun(members: .punctuation, symbols: "$+<=>^~|`")),
        #"[\p{P}\$\+<=>\^~\|]+"#: .run(CharacterRun(members: .punctuation, symbols: "$+<=>^~|")),
    ]

    private static func spaced(loneWhitespace: Bool) -> WordScanner {
        WordScanner(
            contractions: .lowercase, wordPrefix: .space, spacedNumbers: true, numberLimit: .max, symbolTail: .none,
            newlineRuns: false, loneWhitespace: loneWhitespace)
    }
}
