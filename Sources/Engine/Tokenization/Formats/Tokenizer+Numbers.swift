public import JSONValues

extension Tokenizer {
    /// The tokenizer of models that bring none: the text of a token is its number, and texts are numbers between spaces.
    ///
    /// - Parameters:
    ///   - count: the number of tokens.
    ///   - configuration: an object whose `eos_token_id`, a number or several, ends generation.
    public init(numbersBelow count: Int, configuration: JSON?) {
        let vocabulary = Vocabulary(StringTable((0..<count).lazy.map(String.init)))
        var parts = PipelineParts(
            vocabulary: vocabulary, model: .wordLevel(WordLevelModel(vocabulary: vocabulary, unknown: nil, special: []))
        )
        parts.preTokenizer = .whiteSpace
        parts.decoder = [.joinWithSpaces]
        SpecialTokensReader(configuration: configuration ?? .null, vocabulary: vocabulary).read(into: &parts)
        self.init(parts)
    }

    /// Whether a folder has a file that ``init(folder:)`` would read.
    public static func isIn(folder path: String) -> Bool {
        guard let folder = try? TokenizerFolder(path) else { return false }
        let whole: Set = [
            "tokenizer.json", "tokenizer.model", "spiece.model", "source.spm", "sentencepiece.bpe.model", "tekken.json",
            "vocab.txt", "rwkv_vocab_v20230424.txt",
        ]
        return folder.names.contains { whole.contains($0) || $0.hasSuffix(".tiktoken") }
            || Set(folder.names).isSuperset(of: ["vocab.json", "merges.txt"])
    }
}
