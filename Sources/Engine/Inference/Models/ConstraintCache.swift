import Constraints
import Synchronization
import Tokenization

/// The tokens of a model as a tree, made when they are first asked for, and the constraints that were made last.
final class ConstraintCache: Sendable {
    private struct State {
        var trie: TokenTrie?
        var constraints: [Grammar: Constraint] = [:]
        /// The grammars, the one that was used last at the end.
        var order: [Grammar] = []
    }

    /// The most constraints that are kept.
    static let limit = 64
    private let state = Mutex(State())

    /// The tokens as a tree.
    func trie(_ tokenizer: Tokenizer) -> TokenTrie {
        state.withLock { state in
            let trie = state.trie ?? TokenTrie(tokenizer)
            state.trie = trie
            return trie
        }
    }

    /// The constraint of these contents, found or made. Others are not held up while it is compiled.
    func constraint(for grammar: Grammar, _ tokenizer: Tokenizer) throws(ConstraintError) -> Constraint {
        let trie = trie(tokenizer)
        let known = state.withLock { $0.constraints[grammar] }
        let constraint: Constraint
        if let known { constraint = known } else { constraint = try Constraint(grammar, trie) }
        state.withLock { state in
            state.order.removeAll { $0 == grammar }
            state.order.append(grammar)
            state.constraints[grammar] = constraint
            if state.order.count > Self.limit { state.constraints[state.order.removeFirst()] = nil }
        }
        return constraint
    }
}
