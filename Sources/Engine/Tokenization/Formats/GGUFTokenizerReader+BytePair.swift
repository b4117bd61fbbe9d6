extension GGUFTokenizerReader {
    /// Split patterns whose models take a piece that is in the vocabulary whole, without merging.
    static let wholePiecePatterns: Set<String> = [
        "minicpm5", "llama3", "llama-v3", "llama-bpe", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2",
        "jina-v5-nano", "youtu", "glm4", "glm5", "tekken", "granite-embed-multi-97m",
    ]
    /// Split patterns whose models begin every text with a begin token unless the file says otherwise.
    static let beginPatterns: Set<String> = [
        "llama3", "llama-v3", "llama-bpe", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2", "jina-v5-nano",
        "tekken", "chameleon", "gemma4", "granite-embed-multi-311m",
    ]
    /// Split patterns whose vocabularies write text as it is, with a visible space.
    private static let plainPatterns: Set<String> = ["gemma4", "granite-embed-multi-311m", "sarvam-moe"]

    /// Byte-pair encoding with listed merges (`gpt2`).
    func readBytePair() throws(TokenizerError) -> PipelineParts {
        let pre = gguf.model == "gemma4" ? "gemma4" : gguf.pre ?? "default"
        guard let pattern = SplitPattern.named(pre) else {
            throw error("pre", "the split pattern \"\(pre)\" is not known here; a newer version may know it")
        }
        guard gguf.merges.count > 0 else {
            throw error("merges", "there are none, which byte-pair encoding cannot do without; convert the model again")
        }
        let isPlain = Self.plainPatterns.contains(pre)
        var model = BytePairModel(
            vocabulary: vocabulary, alphabet: .characters(continuingPrefix: [], endSuffix: []),
            merges: .listed(readMerges()))
        if isPlain {
            model.byteFallback = ByteAlphabet.fallbackIDs(in: vocabulary)
        } else {
            model.alphabet = .bytes(ByteAlphabet.ids(in: vocabulary))
            model.usesByteAlphabet = true
        }
        model.special = Set((0..<Int32(vocabulary.count)).filter { gguf.type(of: $0) == .control })
        model.takesWholePieces = Self.wholePiecePatterns.contains(pre)
        model.prepare()
        var parts = PipelineParts(vocabulary: vocabulary, model: .bytePair(model))
        parts.preTokenizer = .pieces(pattern)
        var defaults = SpecialTokens()
        if gguf.model == "gpt2", pre != "chatglm-bpe", pre != "glm4", pre != "glm5" {
            defaults.beginOfText = 11
        }
        if gguf.model == "gpt2" { defaults.endOfText = 11 }
        parts.specialTokens = specialTokens(defaults)
        parts.postProcessor = frame(parts.specialTokens, begin: Self.beginPatterns.contains(pre), end: false)
        let space = Array("▁".utf8)
        if isPlain { parts.normalizer = .replace(.literal([0x20]), with: space) }
        parts.decoder =
            isPlain ? [.replace(.literal(space), with: [0x20]), .byteFallback(.single), .fuse] : [.byteAlphabet]
        return parts
    }

    /// The merges by rank; those that name or make unknown pieces are left out.
    private func readMerges() -> MergeTable {
        var reader = MergeReader(vocabulary, count: gguf.merges.count)
        for index in 0..<gguf.merges.count {
            gguf.merges.withBytes(of: index) { merge in
                guard let space = merge.dropFirst().firstIndex(of: 0x20) else { return }
                _ = reader.add(
                    UnsafeBufferPointer(rebasing: merge[..<space]),
                    UnsafeBufferPointer(rebasing: merge[(space + 1)...]))
            }
        }
        return reader.finish(replacing: false)
    }
}
