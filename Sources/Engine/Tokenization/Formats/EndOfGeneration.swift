/// Pieces at which generation stops although few files say so, recognized by how they are written.
enum EndOfGeneration {
    /// End-of-turn tokens, the likelier first.
    static let turnEnds = [
        "<|eot_id|>", "<|im_end|>", "<|end|>", "<end_of_turn>", "<turn|>", "<EOT>", "_<EOT>", "[EOT]",
        "<end_of_utterance>", "<|endoftext|>", "<|end_of_text|>", "<｜end▁of▁sentence｜>",
    ]

    private static let others = [
        "<|return|>", "<|call|>", "<|flush|>", "<|calls|>", "</s>", "<|eom_id|>", "[EOS]", "<eos>",
        "<|tool_response>", "[e~[", "<|fim_pad|>", "<fim-pad>", "<fim_pad>", "<PAD>", "[PAD]", "<|fim_repo|>",
        "<|repo_name|>", "<fim-repo>", "<REPO>", "<reponame>", "<|file_sep|>",
    ]

    /// Pieces that mark a gap to be filled; they control the model although some files call them ordinary.
    static let infillMarks: Set<String> = [
        "<|fim_prefix|>", "<fim-prefix>", "<fim_prefix>", "<｜fim▁begin｜>", "<PRE>", "▁<PRE>", "<|code_prefix|>",
        "<|fim_suffix|>", "<fim-suffix>", "<fim_suffix>", "<｜fim▁hole｜>", "<SUF>", "▁<SUF>", "<|code_suffix|>",
        "<|fim_middle|>", "<fim-middle>", "<fim_middle>", "<｜fim▁end｜>", "<MID>", "▁<MID>", "<|code_middle|>",
        "<|prefix|>", "<|suffix|>", "<|middle|>",
    ]

    /// The ids that end generation: those of `special` that do by their role, and those that `isCandidate` lets count
    /// by how they are written.
    static func tokens(
        in vocabulary: Vocabulary, _ special: SpecialTokens, isCandidate: (Int32) -> Bool = { _ in true }
    ) -> Set<Int32> {
        func id(_ piece: String) -> Int32? { vocabulary.id(of: piece).flatMap { isCandidate($0) ? $0 : nil } }
        var ids = Set((turnEnds + others).compactMap(id))
        ids.formUnion([special.endOfText, special.endOfTurn].compactMap { $0 })
        // Harmony and Solar end each message of an answer with <|end|>, the answer itself with another token.
        let endsAnswers = id("<|return|>") != nil && (id("<|call|>") ?? id("<|calls|>")) != nil
        let flushes = id("<|flush|>") != nil && (id("<|call|>") ?? id("<|calls|>")) != nil
        if endsAnswers || flushes, let end = id("<|end|>") { ids.remove(end) }
        // Where these exist </s> is ordinary text.
        if id("<|tool_response>") ?? id("<|plamo:eos|>") != nil, let end = id("</s>") { ids.remove(end) }
        return ids
    }
}
