import Constraints

/// Keeps one answer within its constraint: forbids tokens, and follows those that are chosen.
struct ConstrainedText {
    private let constraint: Constraint
    private var matcher: Matcher
    private var mask: TokenMask
    private let endTokens: Set<Int32>
    private var healed: HealedPrefix?

    /// - Parameter healing: what the answer says first, outside of its constraint.
    init(_ constraint: Constraint, healing: HealedPrefix?) {
        self.constraint = constraint
        healed = healing
        matcher = constraint.makeMatcher()
        mask = TokenMask(count: constraint.trie.vocabularySize)
        endTokens = Set(constraint.trie.endTokens)
    }

    /// Whether nothing may follow.
    var isOver: Bool { healed == nil && (matcher.isFinished || matcher.mustEnd) }

    /// Makes the tokens that may not come next impossible. Where the answer may end, `continues` says that it is not to
    /// while something else may follow.
    mutating func restrict(
        _ logits: UnsafeMutableBufferPointer<Float>, continues: Bool
    ) throws(ConstraintError) {
        let allowed: Int
        if var prefix = healed {
            allowed = try prefix.restrict(logits, &matcher)
        } else {
            try matcher.mask(into: &mask)
            let mayContinue = continues && !matcher.mustEnd
            allowed = mask.apply(to: logits, except: mayContinue ? endTokens : [])
        }
        guard allowed > 0 else {
            throw .unsatisfiable("the vocabulary has no token that leads on from here")
        }
    }

    mutating func take(_ token: Int32) throws(ConstraintError) {
        if var prefix = healed {
            let rest = prefix.take(token)
            healed = prefix.isOver ? nil : prefix
            // What a token says beyond the prefix was in the mask.
            if !rest.isEmpty { _ = try matcher.accept(bytes: rest) }
            return
        }
        guard try matcher.accept(token) else {
            throw .unsatisfiable("token \(token) was chosen, which may not come here")
        }
    }

    /// What completes the answer, special tokens as the names by which they are shown; nil if nothing short does.
    func closing(showing marks: [String]) -> [UInt8]? {
        guard healed == nil else { return nil }
        return matcher.closingBytes().map { constraint.trie.plainBytes($0, showing: marks) }
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
