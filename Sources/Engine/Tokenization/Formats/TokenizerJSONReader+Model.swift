extension TokenizerJSONReader {
    private func modelType() throws(TokenizerError) -> String {
        if let type = file.model["type"]?.stringValue { return type }
        if !file.scores.isEmpty { return "Unigram" }
        if file.mergesLeft.count > 0 { return "BPE" }
        if file.model["max_input_chars_per_word"] != nil { return "WordPiece" }
        return try model.type()
    }

    /// Whether the model is byte-pair encoding that cuts pieces without prefixes, suffixes or byte tokens.
    var isPlainBytePair: Bool {
        (try? modelType()) == "BPE" && file.model["byte_fallback"]?.boolValue != true
            && (file.model["continuing_subword_prefix"]?.stringValue ?? "").isEmpty
            && (file.model["end_of_word_suffix"]?.stringValue ?? "").isEmpty
    }

    /// The model, in which text never becomes one of the tokens in `special`, however it is written.
    func readModel(overBytes: Bool, special: Set<Int32>) throws(TokenizerError) -> TokenModel {
        switch try modelType() {
        case "BPE": return .bytePair(try readBytePair(overBytes: overBytes, special: special))
        case "WordPiece":
            let prefix = model["continuing_subword_prefix"]
            return .wordPiece(
                WordPieceModel(
                    vocabulary, continuingPrefix: prefix.isMissing ? "##" : try prefix.string(),
                    unknown: try requiredID(model["unk_token"]),
                    longestWord: try model["max_input_chars_per_word"].isMissing
                        ? 100 : model["max_input_chars_per_word"].integer(), special: special))
        case "WordLevel":
            return .wordLevel(
                WordLevelModel(
                    vocabulary: vocabulary, unknown: try optionalID(model["unk_token"]), special: special))
        case "Unigram": return .unigram(try readUnigram(special: special))
        case let type: throw model.unknownType(type, of: "model")
        }
    }

    private func readBytePair(overBytes: Bool, special: Set<Int32>) throws(TokenizerError) -> BytePairModel {
        let prefix = try model["continuing_subword_prefix"].isMissing ? [] : model["continuing_subword_prefix"].bytes()
        let suffix = try model["end_of_word_suffix"].isMissing ? [] : model["end_of_word_suffix"].bytes()
        var result = BytePairModel(
            vocabulary: vocabulary,
            alphabet: overBytes
                ? .bytes(ByteAlphabet.ids(in: vocabulary))
                : .characters(continuingPrefix: prefix, endSuffix: suffix),
            merges: .listed(try readMerges(prefixCount: prefix.count)))
        result.usesByteAlphabet = overBytes
        result.special = special
        result.takesWholePieces = try model["ignore_merges"].bool(false)
        result.unknown = try optionalID(model["unk_token"])
        result.fusesUnknown = try model["fuse_unk"].bool(false)
        if try model["byte_fallback"].bool(false) { result.byteFallback = ByteAlphabet.fallbackIDs(in: vocabulary) }
        result.omitsUnknown = result.unknown == nil && result.byteFallback == nil
        result.prepare()
        return result
    }

    private func readMerges(prefixCount: Int) throws(TokenizerError) -> MergeTable {
        guard file.mergesLeft.count <= MergeTable.largestCount else {
            throw model["merges"].error("there are \(file.mergesLeft.count), more than \(MergeTable.largestCount)")
        }
        var reader = MergeReader(vocabulary, count: file.mergesLeft.count, prefixCount: prefixCount)
        for index in 0..<file.mergesLeft.count {
            let isKnown = file.mergesLeft.withBytes(of: index) { left in
                file.mergesRight.withBytes(of: index) { right in reader.add(left, right) }
            }
            guard isKnown else {
                let merge = "\(String(lossy: file.mergesLeft[index])) \(String(lossy: file.mergesRight[index]))"
                throw TokenizerError(
                    source: source, key: "model.merges[\(index)]",
                    reason: "\"\(merge)\" names or makes a piece that is not in model.vocab; take the file anew")
            }
        }
        return reader.finish(replacing: true)
    }

    private func readUnigram(special: Set<Int32>) throws(TokenizerError) -> UnigramModel {
        guard !file.scores.isEmpty else { throw model["vocab"].error("expected an array of pieces and scores") }
        var unknown: Int32?
        if !model["unk_id"].isMissing {
            let id = try model["unk_id"].integer()
            guard file.scores.indices.contains(id) else {
                throw model["unk_id"].error("the id \(id) is not in the vocabulary of \(file.scores.count)")
            }
            unknown = Int32(id)
        }
        return UnigramModel(
            vocabulary, scores: file.scores, lowest: file.scores.min() ?? 0, unknown: unknown,
            byteFallback: try model["byte_fallback"].bool(false) ? ByteAlphabet.fallbackIDs(in: vocabulary) : nil
        ) { !special.contains($0) }
    }

    private func optionalID(_ field: ConfigurationField) throws(TokenizerError) -> Int32? {
        if field.isMissing { return nil }
        return vocabulary.id(of: try field.string())
    }

    private func requiredID(_ field: ConfigurationField) throws(TokenizerError) -> Int32 {
        let piece = field.isMissing ? "[UNK]" : try field.string()
        guard let id = vocabulary.id(of: piece) else {
            throw field.error("\"\(piece)\" is not in model.vocab; add it")
        }
        return id
    }
}
