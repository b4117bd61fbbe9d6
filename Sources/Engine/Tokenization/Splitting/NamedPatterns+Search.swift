/// The names of split patterns in GGUF files, for converting tokenizers.
package enum SplitPatternNames {
    /// Names that are preferred where several stand for the same expressions.
    private static let preferred = [
        "llama-bpe", "qwen2", "gpt-2", "smollm", "gpt-4o", "tekken", "deepseek-v3", "deepseek-llm", "deepseek-coder",
        "dbrx", "falcon",
    ]

    /// The name under which GGUF knows these expressions, applied one after another; nil if it knows none.
    ///
    /// - Parameter takesWholePieces: Whether a piece that is in the vocabulary is taken whole, without merging.
    package static func name(of regexes: [String], takesWholePieces: Bool) -> String? {
        let wanted = regexes.map(canonical)
        let names = NamedPatterns.names.filter { name in
            NamedPatterns.regexes(for: name)?.map(canonical) == wanted
                && GGUFTokenizerReader.wholePiecePatterns.contains(name) == takesWholePieces
        }
        return preferred.first { names.contains($0) } ?? names.first
    }

    /// The expressions behind a name; nil if it is unknown.
    package static func regexes(of name: String) -> [String]? { NamedPatterns.regexes(for: name) }

    /// Whether a piece that is in the vocabulary is taken whole.
    package static func takesWholePieces(_ name: String) -> Bool {
        GGUFTokenizerReader.wholePiecePatterns.contains(name)
    }

    /// Whether models begin every text with a token unless the file says otherwise.
    package static func beginsTexts(_ name: String) -> Bool { GGUFTokenizerReader.beginPatterns.contains(name) }

    /// The expression of a tokenizer's step that cuts as GPT-2 does.
    package static let gpt2 = KnownRegexes.gpt2

    /// Two forms of GPT-2's expression cut alike: what the shorter leaves is cut off as a rest.
    private static func canonical(_ regex: String) -> String {
        regex == KnownRegexes.gpt2Bare ? KnownRegexes.gpt2 : regex
    }
}
