extension Tokenizer {
    /// Makes a tokenizer of a SentencePiece model (`tokenizer.model`, `spiece.model`).
    ///
    /// Byte-pair models begin texts with the begin token as Llama does, unigram models end them with the end token as T5
    /// does. Control pieces that are written out in a text are tokens only where special tokens are parsed.
    ///
    /// - Parameters:
    ///   - bytes: The file.
    ///   - source: The file's name, for errors.
    /// - Throws: ``TokenizerError`` if the file is damaged or the model is neither byte-pair nor unigram.
    public init(sentencePiece bytes: [UInt8], source: String) throws(TokenizerError) {
        let file = try SentencePieceFile(bytes, source: source)
        self.init(try file.parts(source: source))
    }
}

extension SentencePieceFile {
    func parts(source: String) throws(TokenizerError) -> PipelineParts {
        let vocabulary = Vocabulary(pieces)
        let userDefined = vocabulary.trie { type(of: $0) == .userDefined }
        var parts = PipelineParts(
            vocabulary: vocabulary, model: try model(vocabulary, frozen: userDefined, source: source))
        parts.normalizer = .sentencePiece(try normalization(protecting: userDefined, source: source))
        let space: [UInt8] = Array("▁".utf8)
        parts.decoder = [.replace(.literal(space), with: [0x20]), .byteFallback(.single), .fuse]
        if addsDummyPrefix || removesExtraSpaces {
            parts.decoder.insert(.leadingSpace(space, ofEveryPiece: removesExtraSpaces), at: 0)
        }
        func valid(_ id: Int) -> Int32? { id >= 0 && id < vocabulary.count ? Int32(id) : nil }
        parts.specialTokens.unknown = valid(unknown)
        parts.specialTokens.beginOfText = valid(beginOfText)
        parts.specialTokens.endOfText = valid(endOfText)
        parts.specialTokens.padding = valid(padding)
        parts.addedTokens = (0..<Int32(vocabulary.count)).compactMap { id in
            guard type(of: id) == .control || type(of: id) == .unknown, let piece = vocabulary.piece(id) else {
                return nil
            }
            return AddedToken(id: id, content: Array(piece), isSpecial: true)
        }
        let controls = Set(parts.addedTokens.map(\.id))
        parts.endOfGenerationTokens = EndOfGeneration.tokens(in: vocabulary, parts.specialTokens) {
            controls.contains($0)
        }
        if modelType == 1 {
            parts.postProcessor.suffix = [valid(endOfText)].compactMap { $0 }
        } else {
            parts.postProcessor.prefix = [valid(beginOfText)].compactMap { $0 }
        }
        return parts
    }

    private func type(of id: Int32) -> GGUFVocabulary.PieceType {
        GGUFVocabulary.PieceType(rawValue: types[Int(id)]) ?? .unused
    }

    private func isCandidate(_ id: Int32) -> Bool { [.normal, .userDefined, .unused].contains(type(of: id)) }

    private func model(
        _ vocabulary: Vocabulary, frozen: ByteTrie, source: String
    ) throws(TokenizerError) -> TokenModel {
        let fallback = byteFallback ? ByteAlphabet.fallbackIDs(in: vocabulary) : nil
        let unknown = Int32(exactly: unknown).flatMap { $0 >= 0 && $0 < vocabulary.count ? $0 : nil }
        switch modelType {
        case 1:
            let normal = (0..<vocabulary.count).filter { types[$0] == 1 }.map { Double(scores[$0]) }
            // Whatever score the file gives them, user-defined pieces cost nothing.
            let all = scores.indices.map { types[$0] == 4 ? 0 : Double(scores[$0]) }
            return .unigram(
                UnigramModel(
                    vocabulary, scores: all, lowest: normal.min() ?? 0, unknown: unknown, byteFallback: fallback,
                    sums: .single
                ) { isCandidate($0) && type(of: $0) != .unused })
        case 2:
            var model = BytePairModel(
                vocabulary: vocabulary, alphabet: .characters(continuingPrefix: [], endSuffix: []),
                merges: .implied(ranks: ranks(ofScores: scores.map(Double.init), isCandidate: isCandidate)))
            model.byteFallback = fallback
            model.unknown = unknown
            model.fusesUnknown = true
            model.frozen = frozen
            model.transient = Set((0..<Int32(vocabulary.count)).filter { type(of: $0) == .unused })
            model.prepare()
            return .bytePair(model)
        default:
            throw TokenizerError(
                source: source, key: "trainer_spec.model_type",
                reason: "type \(modelType) is not known here; unigram (1) and byte-pair (2) models are")
        }
    }

    private func normalization(
        protecting userDefined: ByteTrie, source: String
    ) throws(TokenizerError) -> SentencePieceNormalization {
        var normalization = SentencePieceNormalization()
        if !characterMap.isEmpty {
            guard let map = CharacterMap(characterMap) else {
                throw TokenizerError(
                    source: source, key: "normalizer_spec.precompiled_charsmap",
                    reason: "its sizes do not fit; take the file anew")
            }
            normalization.characterMap = map
        }
        normalization.addsDummyPrefix = addsDummyPrefix
        normalization.removesExtraSpaces = removesExtraSpaces
        normalization.escapesSpaces = escapesSpaces
        normalization.treatsSpaceAsSuffix = treatsSpaceAsSuffix
        normalization.protected = userDefined
        return normalization
    }
}
