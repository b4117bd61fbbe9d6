import JSONValues

/// Finds the tokens with a role in what the files beside a vocabulary say.
struct SpecialTokensReader {
    /// The members of `special_tokens_map.json`, `tokenizer_config.json` and `generation_config.json` in one object.
    let configuration: JSON
    let vocabulary: Vocabulary

    func read(into parts: inout PipelineParts) {
        var tokens = parts.specialTokens
        tokens.beginOfText = id("bos_token") ?? id("cls_token") ?? tokens.beginOfText
        tokens.endOfText = id("eos_token") ?? tokens.endOfText
        tokens.unknown = id("unk_token") ?? tokens.unknown
        tokens.padding = id("pad_token") ?? tokens.padding
        tokens.separator = id("sep_token") ?? tokens.separator
        tokens.mask = id("mask_token") ?? tokens.mask
        let special = Set(parts.addedTokens.filter(\.isSpecial).map(\.id))
        if tokens.endOfTurn == nil {
            tokens.endOfTurn = EndOfGeneration.turnEnds.lazy.compactMap { vocabulary.id(of: $0) }
                .first { special.contains($0) }
        }
        parts.specialTokens = tokens
        parts.endOfGenerationTokens = EndOfGeneration.tokens(in: vocabulary, tokens) { special.contains($0) }
        let ends = configuration["eos_token_id"]
        let ids = (ends?.arrayValue ?? [ends].compactMap { $0 }).compactMap(\.intValue)
        parts.endOfGenerationTokens.formUnion(
            ids.filter { $0 >= 0 && $0 < vocabulary.count }.map { Int32(truncatingIfNeeded: $0) })
    }

    /// The token under `key`, which is a string or an object with the string as its content.
    private func id(_ key: String) -> Int32? {
        guard let value = configuration[key], let piece = value.stringValue ?? value["content"]?.stringValue else {
            return nil
        }
        return vocabulary.id(of: piece)
    }
}
