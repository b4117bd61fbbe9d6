import JSONValues

extension Tokenizer {
    /// Makes a tokenizer of a tiktoken file: a line for each piece, its bytes in Base64 and its rank, which is its id.
    ///
    /// - Parameters:
    ///   - tiktoken: The file.
    ///   - pattern: The regular expression that cuts text into words; the file does not have it.
    ///   - specialTokens: Ids of further tokens by their content.
    ///   - source: The file's name, for errors.
    /// - Throws: ``TokenizerError`` if a line or the pattern is wrong.
    public init(
        tiktoken: [UInt8], pattern: String, specialTokens: [String: Int32] = [:], source: String
    ) throws(TokenizerError) {
        try self.init(
            tiktoken: tiktoken, pattern: pattern,
            added: specialTokens.map { AddedToken(id: $1, content: Array($0.utf8), isSpecial: true) }, source: source)
    }

    init(tiktoken: [UInt8], pattern: String, added: [AddedToken], source: String) throws(TokenizerError) {
        var pieces = VocabularyBuilder()
        for (index, line) in tiktoken.split(separator: 0x0A).enumerated() {
            let parts = line.split { $0 == 0x20 || $0 == 0x0D }
            guard parts.count == 2, let bytes = Base64.decode(String(lossy: parts[0])),
                let rank = Int(String(lossy: parts[1]))
            else {
                throw TokenizerError(
                    source: source, key: "line \(index + 1)", reason: "expected Base64, a space and a rank")
            }
            if let problem = pieces.add(bytes, id: rank) {
                throw TokenizerError(source: source, key: "line \(index + 1)", reason: problem)
            }
        }
        self.init(try PipelineParts(ranked: pieces, pattern: pattern, special: added, source: source))
    }

    /// Makes a tokenizer of a Tekken file (Mistral's `tekken.json`).
    ///
    /// - Parameters:
    ///   - tekken: The file.
    ///   - source: The file's name, for errors.
    /// - Throws: ``TokenizerError`` if the file is damaged.
    public init(tekken: [UInt8], source: String) throws(TokenizerError) {
        self.init(try TekkenFile(tekken, source: source).parts())
    }

    /// Makes a tokenizer of RWKV's vocabulary: a line for each piece, its id, a Python literal and its length.
    ///
    /// - Parameters:
    ///   - rwkv: The file.
    ///   - source: The file's name, for errors.
    /// - Throws: ``TokenizerError`` if a line is wrong.
    public init(rwkv: [UInt8], source: String) throws(TokenizerError) {
        var pieces = VocabularyBuilder()
        for (index, line) in rwkv.split(separator: 0x0A).enumerated() {
            func problem(_ reason: String) -> TokenizerError {
                TokenizerError(source: source, key: "line \(index + 1)", reason: reason)
            }
            let line = line.last == 0x0D ? line.dropLast() : line
            guard let first = line.firstIndex(of: 0x20), let last = line.lastIndex(of: 0x20), first < last,
                let id = Int(String(lossy: line[..<first])), let count = Int(String(lossy: line[(last + 1)...]))
            else { throw problem("expected an id, a literal and its length in bytes") }
            let written = line[line.index(after: first)..<last]
            let isBytes = written.first == UInt8(ascii: "b")
            let literal = isBytes ? written.dropFirst() : written
            guard literal.count >= 2, literal.first == literal.last else { throw problem("the literal is not closed") }
            let bytes = PythonLiteral.unescape(literal.dropFirst().dropLast(), isBytes: isBytes)
            guard bytes.count == count else {
                throw problem("the literal has \(bytes.count) bytes, not \(count); take the file anew")
            }
            if let reason = pieces.add(bytes, id: id) { throw problem(reason) }
        }
        let vocabulary = Vocabulary(try pieces.build(source: source))
        var parts = PipelineParts(world: vocabulary) { _ in true }
        // The file has no piece for the end of a text, which is token 0.
        if vocabulary.count > 0, vocabulary.piece(0) == nil {
            parts.specialTokens.endOfText = 0
            parts.endOfGenerationTokens = [0]
        }
        self.init(parts)
    }
}

extension VocabularyBuilder {
    func build(source: String) throws(TokenizerError) -> StringTable {
        switch build() {
        case .success(let pieces): return pieces
        case .failure(let duplicate):
            throw TokenizerError(source: source, key: "vocabulary", reason: "two pieces have the id \(duplicate.id)")
        }
    }
}

extension PipelineParts {
    /// Byte-pair encoding where any two neighbours that together are a piece merge, the lowest id first.
    init(
        ranked pieces: VocabularyBuilder, pattern: String, special: [AddedToken], source: String
    ) throws(TokenizerError) {
        let ordinary = Vocabulary(try pieces.build(source: source))
        let expression: SplitPattern
        do { expression = try SplitPattern(regex: pattern) } catch {
            throw TokenizerError(source: source, key: "pattern", reason: error.description)
        }
        var all = pieces
        for token in special {
            if let problem = all.add(token.content, id: Int(token.id)) {
                throw TokenizerError(source: source, key: "special tokens", reason: problem)
            }
        }
        let bytes = (0...255 as ClosedRange<UInt8>).map { ordinary.id(of: CollectionOfOne($0)) ?? -1 }
        var model = BytePairModel(
            vocabulary: ordinary, alphabet: .bytes(bytes),
            merges: .implied(ranks: (0..<ordinary.count).map { Int32(truncatingIfNeeded: $0) }))
        model.takesWholePieces = true
        self.init(vocabulary: Vocabulary(try all.build(source: source)), model: .bytePair(model))
        preTokenizer = .pieces(expression)
        decoder = [.fuse]
        addedTokens = special
        func id(_ names: [String]) -> Int32? {
            names.lazy.compactMap { name in special.first { $0.content.elementsEqual(name.utf8) }?.id }.first
        }
        specialTokens.beginOfText = id(["<|begin_of_text|>", "<s>"])
        specialTokens.endOfText = id(["<|end_of_text|>", "</s>", "<|endoftext|>"])
        specialTokens.endOfTurn = id(EndOfGeneration.turnEnds)
        specialTokens.unknown = id(["<unk>"])
        specialTokens.padding = id(["<pad>"])
        let ids = Set(special.map(\.id))
        endOfGenerationTokens = EndOfGeneration.tokens(in: vocabulary, specialTokens) { ids.contains($0) }
        if let begin = specialTokens.beginOfText { postProcessor.prefix = [begin] }
    }
}
