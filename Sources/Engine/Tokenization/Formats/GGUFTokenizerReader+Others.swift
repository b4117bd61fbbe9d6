extension GGUFTokenizerReader {
    private static let space = Array("▁".utf8)

    /// SentencePiece's byte-pair encoding: whatever two neighbours make a piece, the best score first (`llama`).
    func readSentencePiece() throws(TokenizerError) -> PipelineParts {
        guard !gguf.scores.isEmpty else { throw error("scores", "there are none; convert the model again") }
        var defaults = SpecialTokens()
        (defaults.unknown, defaults.beginOfText, defaults.endOfText) = (0, 1, 2)
        let special = specialTokens(defaults)
        var model = BytePairModel(
            vocabulary: vocabulary, alphabet: .characters(continuingPrefix: [], endSuffix: []),
            merges: .implied(
                ranks: ranks(ofScores: gguf.scores.map(Double.init)) {
                    ![.control, .unknown].contains(gguf.type(of: $0))
                }))
        model.byteFallback = ByteAlphabet.fallbackIDs(in: vocabulary)
        model.unknown = special.unknown
        model.prepare()
        var parts = PipelineParts(vocabulary: vocabulary, model: .bytePair(model))
        let escape = Normalizer.replace(.literal([0x20]), with: Self.space)
        let addsPrefix = gguf.addSpacePrefix ?? true
        parts.normalizer = addsPrefix ? .sequence([.prepend([0x20]), escape]) : escape
        parts.decoder = [.replace(.literal(Self.space), with: [0x20]), .byteFallback(.single), .fuse]
        if addsPrefix { parts.decoder.append(.strip(content: [0x20], start: 1, stop: 0)) }
        parts.specialTokens = special
        parts.postProcessor = frame(special, begin: true, end: false)
        return parts
    }

    /// A unigram model with SentencePiece's normalization (`t5`).
    func readUnigram() throws(TokenizerError) -> PipelineParts {
        guard !gguf.scores.isEmpty else { throw error("scores", "there are none; convert the model again") }
        var defaults = SpecialTokens()
        (defaults.padding, defaults.endOfText, defaults.unknown) = (0, 1, 2)
        let special = specialTokens(defaults)
        var normalization = SentencePieceNormalization()
        normalization.addsDummyPrefix = gguf.addSpacePrefix ?? false
        normalization.removesExtraSpaces = gguf.removeExtraWhitespaces ?? false
        if let map = gguf.precompiledCharacterMap, !map.isEmpty {
            guard let map = CharacterMap(map) else {
                throw error("precompiled_charsmap", "its sizes do not fit; convert the model again")
            }
            normalization.characterMap = map
        }
        var scores = gguf.scores.map(Double.init)
        var lowest = Double.infinity
        for id in 0..<Int32(vocabulary.count) {
            switch gguf.type(of: id) {
            case .userDefined: scores[Int(id)] = 0
            case .normal: lowest = min(lowest, scores[Int(id)])
            default: break
            }
        }
        let unigram = UnigramModel(
            vocabulary, scores: scores, lowest: lowest.isFinite ? lowest : 0, unknown: special.unknown,
            byteFallback: nil
        ) { id in
            switch gguf.type(of: id) {
            case .normal, .userDefined, .unused: true
            default: false
            }
        }
        var parts = PipelineParts(vocabulary: vocabulary, model: .unigram(unigram))
        parts.normalizer = .sentencePiece(normalization)
        parts.decoder = [.replace(.literal(Self.space), with: [0x20]), .byteFallback(.single), .fuse]
        if normalization.addsDummyPrefix { parts.decoder.append(.strip(content: [0x20], start: 1, stop: 0)) }
        parts.specialTokens = special
        parts.postProcessor = frame(special, begin: false, end: true)
        return parts
    }

    /// WordPiece, with a visible space where a word begins (`bert`).
    func readWordPiece() throws(TokenizerError) -> PipelineParts {
        var defaults = SpecialTokens()
        (defaults.padding, defaults.unknown, defaults.beginOfText) = (0, 100, 101)
        (defaults.separator, defaults.mask) = (102, 103)
        let special = specialTokens(defaults)
        guard let unknown = special.unknown else {
            throw error("unknown_token_id", "there is none, which WordPiece cannot do without")
        }
        let model = WordPieceModel(
            vocabulary, startPrefix: "▁", continuingPrefix: "", excludedPrefix: "▁", unknown: unknown)
        var parts = PipelineParts(vocabulary: vocabulary, model: .wordPiece(model))
        parts.normalizer = .bert(BertNormalization())
        parts.preTokenizer = .bert
        parts.decoder = [
            .replace(.literal(Self.space), with: [0x20]), .fuse, .strip(content: [0x20], start: 1, stop: 0),
        ]
        parts.specialTokens = special
        parts.postProcessor = PostProcessor(
            prefix: [special.beginOfText].compactMap { $0 }, suffix: [special.separator].compactMap { $0 })
        return parts
    }

    /// RWKV's longest-match vocabulary of escaped byte strings (`rwkv`).
    func readWorld() throws(TokenizerError) -> PipelineParts {
        var pieces = StringTable()
        pieces.reserveCapacity(vocabulary.count, byteCount: vocabulary.count * 8)
        for id in 0..<vocabulary.count { pieces.append(PythonLiteral.unescape(gguf.tokens[id], isBytes: true)) }
        var parts = PipelineParts(world: Vocabulary(pieces)) { gguf.type(of: $0) == .normal }
        parts.specialTokens = specialTokens()
        parts.postProcessor = frame(parts.specialTokens, begin: false, end: false)
        return parts
    }
}

/// Ranks for implied merges: the higher the score, the lower the rank; equal scores share one. Pieces that may not be
/// merged to get -1.
func ranks(ofScores scores: [Double], isCandidate: (Int32) -> Bool) -> [Int32] {
    var ranks = [Int32](repeating: -1, count: scores.count)
    let order = scores.indices.filter { isCandidate(Int32(truncatingIfNeeded: $0)) }.sorted { scores[$0] > scores[$1] }
    var rank: Int32 = -1
    var last = Double.nan
    for index in order {
        if scores[index] != last { rank += 1 }
        last = scores[index]
        ranks[index] = rank
    }
    return ranks
}
