/// The tokens with a role of their own; nil where a vocabulary has none for it.
public struct SpecialTokens: Sendable, Hashable {
    /// Begins every text (`bos`, or `[CLS]`).
    public var beginOfText: Int32?
    /// Ends a text (`eos`).
    public var endOfText: Int32?
    /// Ends one speaker's turn in a conversation (`eot`).
    public var endOfTurn: Int32?
    /// Stands for what the vocabulary cannot write.
    public var unknown: Int32?
    /// Fills up shorter texts of a batch.
    public var padding: Int32?
    /// Separates two texts.
    public var separator: Int32?
    /// Hides a word that a model is to guess.
    public var mask: Int32?

    /// Makes a set of roles, all of them vacant.
    public init() {}

    /// Every token with a role.
    var all: [Int32] {
        [beginOfText, endOfText, endOfTurn, unknown, padding, separator, mask].compactMap { $0 }
    }
}
