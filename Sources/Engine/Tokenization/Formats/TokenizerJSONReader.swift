public import JSONValues

extension Tokenizer {
    /// Makes a tokenizer of the contents of a `tokenizer.json`.
    ///
    /// - Parameters:
    ///   - tokenizerJSON: The file.
    ///   - configuration: What the files beside it say, in one object: the tokens with a role (`bos_token`, ...) of
    ///     `tokenizer_config.json`, `eos_token_id` of `generation_config.json`.
    ///   - source: The file's name, for errors.
    /// - Throws: ``TokenizerError`` if the file is damaged or asks for what is not known here.
    public init(tokenizerJSON: [UInt8], configuration: JSON?, source: String) throws(TokenizerError) {
        let file = try TokenizerJSONFile(tokenizerJSON, source: source)
        self.init(try TokenizerJSONReader(file, configuration: configuration, source: source).read())
    }
}

/// Compiles a `tokenizer.json`.
struct TokenizerJSONReader {
    let file: TokenizerJSONFile
    let configuration: JSON
    let source: String
    let root: ConfigurationField
    let model: ConfigurationField
    /// The model's own vocabulary, without tokens that were added later.
    let vocabulary: Vocabulary

    init(_ file: TokenizerJSONFile, configuration: JSON?, source: String) throws(TokenizerError) {
        self.file = file
        self.configuration = configuration ?? .null
        self.source = source
        root = ConfigurationField(json: .object(file.root), source: source, path: "")
        model = ConfigurationField(json: .object(file.model), source: source, path: "model")
        switch file.pieces.build() {
        case .success(let pieces): vocabulary = Vocabulary(pieces)
        case .failure(let duplicate): throw model["vocab"].error("two pieces have the id \(duplicate.id)")
        }
    }

    func read() throws(TokenizerError) -> PipelineParts {
        let added = try readAddedTokens()
        var preTokenizer = try readPreTokenizer(root["pre_tokenizer"])
        var bytesAreLast = false
        if case .byteAlphabet = preTokenizer.last, isPlainBytePair {
            // The model looks bytes up by itself, which saves rewriting the text.
            preTokenizer.removeLast()
            bytesAreLast = true
        }
        var parts = PipelineParts(
            vocabulary: try add(added),
            model: try readModel(overBytes: bytesAreLast, special: Set(added.filter(\.isSpecial).map(\.id))))
        parts.addedTokens = added
        parts.normalizer = try root["normalizer"].isMissing ? nil : readNormalizer(root["normalizer"])
        parts.preTokenizer = preTokenizer.isEmpty ? nil : .sequence(preTokenizer)
        if !root["post_processor"].isMissing {
            try readPostProcessor(root["post_processor"], into: &parts.postProcessor)
        }
        parts.decoder = try root["decoder"].isMissing ? [.joinWithSpaces] : readDecoder(root["decoder"])
        SpecialTokensReader(configuration: configuration, vocabulary: parts.vocabulary).read(into: &parts)
        if let unknown = file.model["unk_token"]?.stringValue, parts.specialTokens.unknown == nil {
            parts.specialTokens.unknown = parts.vocabulary.id(of: unknown)
        }
        return parts
    }

    private func readAddedTokens() throws(TokenizerError) -> [AddedToken] {
        if root["added_tokens"].isMissing { return [] }
        var tokens: [AddedToken] = []
        for field in try root["added_tokens"].elements() {
            let content = try field["content"].bytes()
            let id = try field["id"].integer()
            guard id >= 0, id <= VocabularyBuilder.largestID else {
                throw field["id"].error("the id \(id) is not between 0 and \(VocabularyBuilder.largestID)")
            }
            let isSpecial = try field["special"].bool(false)
            tokens.append(
                AddedToken(
                    id: vocabulary.id(of: content) ?? Int32(id), content: content,
                    isSingleWord: try field["single_word"].bool(false), stripsLeft: try field["lstrip"].bool(false),
                    stripsRight: try field["rstrip"].bool(false),
                    isNormalized: try field["normalized"].bool(!isSpecial),
                    isSpecial: isSpecial))
        }
        return tokens
    }

    /// The vocabulary with the added tokens that it does not have.
    private func add(_ tokens: [AddedToken]) throws(TokenizerError) -> Vocabulary {
        var all = vocabulary
        for token in tokens.sorted(by: { $0.id < $1.id }) where all.id(of: token.content) != token.id {
            guard token.id >= all.count else {
                throw root["added_tokens"].error(
                    "the id \(token.id) of \"\(String(lossy: token.content))\" is that of another token")
            }
            while all.count < token.id { all.append([]) }
            all.append(token.content)
        }
        return all
    }
}
