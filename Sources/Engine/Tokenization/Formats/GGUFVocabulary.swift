/// A vocabulary as the metadata of a GGUF file has it, under the keys `tokenizer.ggml.*`.
public struct GGUFVocabulary: Sendable {
    /// `model`: how text becomes tokens: `gpt2`, `llama`, `t5`, `bert`, `rwkv`, ...
    public var model: String
    /// `pre`: the name of the split pattern.
    public var pre: String?
    /// `tokens`: the pieces by id.
    public var tokens: StringTable
    /// `scores`: a number for each piece, or none.
    public var scores: [Float] = []
    /// `token_type`: what each piece is (1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 byte), or none.
    public var types: [Int32] = []
    /// `merges`: two pieces with a space between, best first.
    public var merges = StringTable()
    /// `bos_token_id`
    public var beginOfText: Int32?
    /// `eos_token_id`
    public var endOfText: Int32?
    /// `eot_token_id`
    public var endOfTurn: Int32?
    /// `eom_token_id`: ends a message of a turn that goes on.
    public var endOfMessage: Int32?
    /// `unknown_token_id`
    public var unknown: Int32?
    /// `seperator_token_id` (so spelled)
    public var separator: Int32?
    /// `padding_token_id`
    public var padding: Int32?
    /// `mask_token_id`
    public var mask: Int32?
    /// `add_bos_token`
    public var addBeginOfText: Bool?
    /// `add_eos_token`
    public var addEndOfText: Bool?
    /// `add_space_prefix`
    public var addSpacePrefix: Bool?
    /// `remove_extra_whitespaces`
    public var removeExtraWhitespaces: Bool?
    /// `precompiled_charsmap`
    public var precompiledCharacterMap: [UInt8]?

    /// Makes a vocabulary of the keys that every file has; set the others as far as the file has them.
    public init(model: String, pre: String?, tokens: StringTable) {
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
