/// A vocabulary as the metadata of a GGUF file has it, under the keys `tokenizer.ggml.*`.
package struct GGUFVocabulary: Sendable {
    /// `model`: how text becomes tokens: `gpt2`, `llama`, `t5`, `bert`, `rwkv`, ...
    package var model: String
    /// `pre`: the name of the split pattern.
    package var pre: String?
    /// `tokens`: the pieces by id.
    package var tokens: StringTable
    /// `scores`: a number for each piece, or none.
    package var scores: [Float] = []
    /// `token_type`: what each piece is (1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 byte), or none.
    package var types: [Int32] = []
    /// `merges`: two pieces with a space between, best first.
    package var merges = StringTable()
    /// `bos_token_id`
    package var beginOfText: Int32?
    /// `eos_token_id`
    package var endOfText: Int32?
    /// `eot_token_id`
    package var endOfTurn: Int32?
    /// `eom_token_id`: ends a message of a turn that goes on.
    package var endOfMessage: Int32?
    /// `unknown_token_id`
    package var unknown: Int32?
    /// `seperator_token_id` (so spelled)
    package var separator: Int32?
    /// `padding_token_id`
    package var padding: Int32?
    /// `mask_token_id`
    package var mask: Int32?
    /// `add_bos_token`
    package var addBeginOfText: Bool?
    /// `add_eos_token`
    package var addEndOfText: Bool?
    /// `add_space_prefix`
    package var addSpacePrefix: Bool?
    /// `remove_extra_whitespaces`
    package var removeExtraWhitespaces: Bool?
    /// `precompiled_charsmap`
    package var precompiledCharacterMap: [UInt8]?

    /// Makes a vocabulary of the keys that every file has; set the others as far as the file has them.
    package init(model: String, pre: String?, tokens: StringTable) {
        self.model = model
        self.pre = pre
        self.tokens = tokens
    }
}

extension GGUFVocabulary {
    /// What a piece is (`token_type`).
    enum PieceType: Int32 {
        case normal = 1
        case unknown, control, userDefined, unused, byte
    }

    /// What the piece with this id is; anything unknown counts as unused.
    func type(of id: Int32) -> PieceType {
        guard types.indices.contains(Int(id)) else { return .normal }
        return PieceType(rawValue: types[Int(id)]) ?? .unused
    }
}
