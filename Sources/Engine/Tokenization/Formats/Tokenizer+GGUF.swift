extension Tokenizer {
    /// Makes the tokenizer of a GGUF file.
    ///
    /// - Parameters:
    ///   - vocabulary: The file's metadata.
    ///   - source: The file's name, for errors.
    /// - Throws: ``TokenizerError`` if keys are missing or contradict each other, or if the kind of tokenizer or its
    ///   split pattern is unknown.
    package init(gguf vocabulary: GGUFVocabulary, source: String) throws(TokenizerError) {
        let reader = try GGUFTokenizerReader(vocabulary, source: source)
        self.init(try reader.read())
    }
}

/// Compiles the vocabulary of a GGUF file.
struct GGUFTokenizerReader {
    let gguf: GGUFVocabulary
    let source: String
    let vocabulary: Vocabulary

    init(_ gguf: GGUFVocabulary, source: String) throws(TokenizerError) {
        self.gguf = gguf
        self.source = source
        let count = gguf.tokens.count
        guard count > 0 else {
            throw TokenizerError(
                source: source, key: "tokenizer.ggml.tokens", reason: "there are no tokens; convert the model again")
        }
        guard gguf.types.isEmpty || gguf.types.count >= count else {
            throw TokenizerError(
                source: source, key: "tokenizer.ggml.token_type",
                reason: "there are \(gguf.types.count) types for \(count) tokens; convert the model again")
        }
        guard gguf.scores.isEmpty || gguf.scores.count >= count else {
            throw TokenizerError(
                source: source, key: "tokenizer.ggml.scores",
                reason: "there are \(gguf.scores.count) scores for \(count) tokens; convert the model again")
        }
        guard gguf.merges.count <= MergeTable.largestCount else {
            throw TokenizerError(
                source: source, key: "tokenizer.ggml.merges",
                reason: "there are \(gguf.merges.count), more than \(MergeTable.largestCount)")
        }
        vocabulary = Vocabulary(gguf.tokens)
    }

    func read() throws(TokenizerError) -> PipelineParts {
        var parts: PipelineParts
        switch gguf.model {
        case "gpt2", "gemma4": parts = try readBytePair()
        case "llama": parts = try readSentencePiece()
        case "t5": parts = try readUnigram()
        case "bert": parts = try readWordPiece()
        case "rwkv": parts = try readWorld()
        default:
            throw error(
                "model", "\"\(gguf.model)\" is not a kind of tokenizer known here (gpt2, gemma4, llama, t5, bert, rwkv)"
            )
        }
        if parts.specialTokens.endOfTurn == nil {
            parts.specialTokens.endOfTurn = EndOfGeneration.turnEnds.lazy.compactMap { vocabulary.id(of: $0) }.first
        }
        parts.endOfGenerationTokens = EndOfGeneration.tokens(in: vocabulary, parts.specialTokens)
        if let end = gguf.endOfMessage, end >= 0, Int(end) < vocabulary.count {
            parts.endOfGenerationTokens.insert(end)
        }
        parts.addedTokens = addedTokens(endings: parts.endOfGenerationTokens)
        return parts
    }

    /// Control, unknown and user-defined pieces are found in text before it is cut.
    private func addedTokens(endings: Set<Int32>) -> [AddedToken] {
        var added: [AddedToken] = []
        let stripsMask = ["jina-v2-de", "jina-v2-es", "jina-v2-code"].contains(gguf.pre)
        // Files do not tell that Phi-3's tokens take the white space after them along.
        let isPhi3 = gguf.model == "llama" && vocabulary.id(of: "<|placeholder1|>") != nil
        for id in 0..<Int32(vocabulary.count) {
            guard gguf.type(of: id) != .normal || endings.contains(id) else { continue }
            guard let piece = vocabulary.piece(id) else { continue }
            var token = AddedToken(id: id, content: Array(piece))
            token.stripsRight = isPhi3 && !["<unk>", "<s>", "<|endoftext|>"].contains(String(lossy: piece))
            switch gguf.type(of: id) {
            case .control, .unknown: token.isSpecial = true
            case .userDefined:
                token.isSpecial =
                    endings.contains(id) || EndOfGeneration.infillMarks.contains(String(lossy: piece))
            case .normal, .unused, .byte:
                guard endings.contains(id) else { continue }
                token.isSpecial = true
            }
            token.stripsLeft = stripsMask && piece.elementsEqual("<mask>".utf8)
            // Written so that the model's answer shows its channels.
            if ["<|channel|>", "<|message|>", "<|start|>", "<|constrain|>"].contains(String(lossy: piece)) {
                token.isSpecial = false
            }
            added.append(token)
        }
        return added
    }

    /// The roles that the file gives, where it gives none those in `defaults`; ids out of range count as none.
    func specialTokens(_ defaults: SpecialTokens = SpecialTokens()) -> SpecialTokens {
        func valid(_ given: Int32?, _ otherwise: Int32?) -> Int32? {
            [given, otherwise].lazy.compactMap { $0 }.first { $0 >= 0 && Int($0) < vocabulary.count }
        }
        var tokens = SpecialTokens()
        tokens.beginOfText = valid(gguf.beginOfText, defaults.beginOfText)
        tokens.endOfText = valid(gguf.endOfText, defaults.endOfText)
        tokens.endOfTurn = valid(gguf.endOfTurn, defaults.endOfTurn)
        tokens.unknown = valid(gguf.unknown, defaults.unknown)
        tokens.padding = valid(gguf.padding, defaults.padding)
        tokens.separator = valid(gguf.separator, defaults.separator)
        tokens.mask = valid(gguf.mask, defaults.mask)
        return tokens
    }

    /// The begin and end tokens as far as the file, or else the kind of tokenizer, wants them added.
    func frame(_ tokens: SpecialTokens, begin: Bool, end: Bool) -> PostProcessor {
        PostProcessor(
            prefix: gguf.addBeginOfText ?? begin ? [tokens.beginOfText].compactMap { $0 } : [],
            suffix: gguf.addEndOfText ?? end ? [tokens.endOfText].compactMap { $0 } : [])
    }

    func error(_ key: String, _ reason: String) -> TokenizerError {
        TokenizerError(source: source, key: "tokenizer.ggml.\(key)", reason: reason)
    }
}
