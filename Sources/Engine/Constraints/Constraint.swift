import Synchronization

/// A compiled grammar for the tokens of one vocabulary. Made once, then used by any number of texts at the same time.
///
/// ```swift
/// let trie = TokenTrie(tokenizer)
/// let constraint = try Constraint(.jsonSchema(schema), trie)
/// var matcher = constraint.makeMatcher()
/// var mask = TokenMask(count: trie.vocabularySize)
/// try matcher.mask(into: &mask)
/// let isAccepted = try matcher.accept(token)
/// ```
public final class Constraint: Sendable {
    /// What the constraint was made of.
    public let grammar: Grammar
    /// The vocabulary that it speaks of.
    public let trie: TokenTrie
    private let automaton: Automaton
    private let prototype: CompiledGrammar
    private let current: Mutex<SharedLexer>

    /// Compiles `grammar`.
    ///
    /// - Throws: ``ConstraintError`` if it is malformed, too complex, or demands what cannot be guaranteed.
    public init(_ grammar: Grammar, _ trie: TokenTrie) throws(ConstraintError) {
        let compiled = try grammar.compile(trie)
        self.grammar = grammar
        self.trie = trie
        automaton = compiled.automaton
        prototype = compiled
        current = Mutex(SharedLexer(compiled))
    }

    /// Begins a text.
    public func makeMatcher() -> Matcher {
        let lexer = current.withLock { lexer in
            // What texts have in common is kept, but not without end.
            if lexer.isSpent { lexer = SharedLexer(prototype) }
            return lexer
        }
        return Matcher(automaton, lexer, trie)
    }
}

/// An automaton and what its lexer is made of.
struct CompiledGrammar: Sendable {
    var automaton: Automaton
    var expressions: Expressions
    var lexemes: [Expression]
    var isClosing: [Bool]
}

/// A lexer that several texts use in turn.
final class SharedLexer: Sendable {
    private let lexer: Mutex<Lexer>

    init(_ grammar: CompiledGrammar) {
        lexer = Mutex(Lexer(grammar.expressions, lexemes: grammar.lexemes, isClosing: grammar.isClosing))
    }

    /// Whether new texts had better begin with another: this one is half full, or a limit was reached.
    var isSpent: Bool { lexer.withLock { $0.stateCount > Lexer.largestCount / 2 || $0.overflow != nil } }

    func withLexer<Result: Sendable, Failure: Error>(
        _ body: (Lexer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try lexer.withLock { lexer throws(Failure) in
            lexer.expressions.grantEffort()
            return try body(lexer)
        }
    }
}
