import Constraints

/// Keeps one answer within its constraint: forbids tokens, and follows those that are chosen.
struct ConstrainedText {
    private let constraint: Constraint
    private var matcher: Matcher
    private var mask: TokenMask
    private let endTokens: Set<Int32>

    init(_ constraint: Constraint) {
        self.constraint = constraint
        matcher = constraint.makeMatcher()
        mask = TokenMask(count: constraint.trie.vocabularySize)
        endTokens = Set(constraint.trie.endTokens)
    }

    /// Whether nothing may follow.
    var isOver: Bool { matcher.isFinished || matcher.mustEnd }

    /// Makes the tokens that may not come next impossible. Where the answer may end, `continues` says that it is not to
    /// while something else may follow.
    mutating func restrict(
        _ logits: UnsafeMutableBufferPointer<Float>, continues: Bool
    ) throws(ConstraintError) {
        try matcher.mask(into: &mask)
        let mayContinue = continues && !matcher.mustEnd
        var allowed = 0
        for id in logits.indices {
            let token = Int32(id)
            if mask[token], !mayContinue || !endTokens.contains(token) {
                allowed += 1
            } else {
                logits[id] = -.infinity
            }
        }
        guard allowed > 0 else { throw .unsatisfiable("the vocabulary has no token that leads on from here") }
    }

    mutating func take(_ token: Int32) throws(ConstraintError) {
        guard try matcher.accept(token) else {
            throw .unsatisfiable("token \(token) was chosen, which may not come here")
        }
    }

    /// Whether an answer may be exactly `text`.
    func isComplete(_ text: String) throws(ConstraintError) -> Bool {
        // What spells a special token may have been that, where it is visible.
        for bytes in [Array(text.utf8), constraint.trie.bytes(marking: text)] {
            var matcher = constraint.makeMatcher()
            if try matcher.accept(bytes: bytes), matcher.isComplete { return true }
        }
        return false
    }
}
