/// Follows one text through a constraint: which tokens may come next, and where the text stands after one.
///
/// A value: a copy goes its own way, as speculation needs it.
public struct Matcher: Sendable {
    private let lexer: SharedLexer
    private let trie: TokenTrie
    private var rows: Rows
    private var position: Position
    /// Where the text stood before each of the last tokens.
    private var history: [Position] = []
    /// Whether a token that ends the text was accepted.
    public private(set) var isFinished = false

    init(_ automaton: Automaton, _ lexer: SharedLexer, _ trie: TokenTrie) {
        self.lexer = lexer
        self.trie = trie
        rows = lexer.withLexer { Rows(automaton, $0) }
        position = rows.start
    }

    /// Whether the text may end here.
    public var isComplete: Bool { position.isComplete }

    /// Whether nothing may follow but the end.
    public var mustEnd: Bool { position.threads.isEmpty }

    /// Allows in `mask` exactly the tokens that may come next: those that end the text when it is complete, none after that.
    ///
    /// - Throws: ``ConstraintError/tooComplex(_:)`` if following the constraint takes too much memory.
    public mutating func mask(into mask: inout TokenMask) throws(ConstraintError) {
        if mask.count == trie.vocabularySize { mask.clear() } else { mask = TokenMask(count: trie.vocabularySize) }
        guard !isFinished else { return }
        if position.isComplete { for token in trie.endTokens { mask.insert(token) } }
        try lexer.withLexer { lexer throws(ConstraintError) in
            var walk = MaskWalk(lexer)
            walk.run(position, trie, &rows, &mask)
            try check(lexer)
        }
    }

    /// Allows in `mask` the tokens that may come next where `prefix`, which is no part of the text, must come first: those that
    /// the prefix begins with, and those that begin with it and go on with what may come here.
    ///
    /// - Throws: ``ConstraintError/tooComplex(_:)`` if following the constraint takes too much memory.
    package mutating func mask(into mask: inout TokenMask, after prefix: [UInt8]) throws(ConstraintError) {
        guard let node = trie.mask(into: &mask, within: prefix) else { return }
        try lexer.withLexer { lexer throws(ConstraintError) in
            var walk = MaskWalk(lexer)
            walk.run(below: node, position, trie, &rows, &mask)
            try check(lexer)
        }
    }

    /// Takes a token, and returns whether it may come here; if not, nothing changes.
    ///
    /// - Throws: ``ConstraintError/tooComplex(_:)`` if following the constraint takes too much memory.
    public mutating func accept(_ token: Int32) throws(ConstraintError) -> Bool {
        guard !isFinished else { return false }
        if trie.endTokens.contains(token) {
            guard position.isComplete else { return false }
            history.append(position)
            isFinished = true
            return true
        }
        let bytes = trie.bytes(of: token)
        guard !bytes.isEmpty, let next = try advanced(by: bytes) else { return false }
        history.append(position)
        position = next
        return true
    }

    /// Takes text that is not cut into tokens, as ``accept(_:)`` does; it counts as one for ``rollback(_:)``.
    ///
    /// - Throws: ``ConstraintError/tooComplex(_:)`` if following the constraint takes too much memory.
    public mutating func accept(bytes: some Collection<UInt8>) throws(ConstraintError) -> Bool {
        guard !isFinished, let next = try advanced(by: bytes) else { return false }
        history.append(position)
        position = next
        return true
    }

    /// Takes back the last `count` tokens; as many as there are, if there are fewer.
    public mutating func rollback(_ count: Int) {
        let kept = max(0, history.count - max(0, count))
        guard kept < history.count else { return }
        position = history[kept]
        history.removeSubrange(kept...)
        isFinished = false
    }

    /// The bytes that must come next, whatever the model says; none where there is a choice or the text may end.
    ///
    /// - Throws: ``ConstraintError/tooComplex(_:)`` if following the constraint takes too much memory.
    public mutating func forcedBytes(atMost limit: Int = 1024) throws(ConstraintError) -> [UInt8] {
        guard !isFinished else { return [] }
        let start = position
        return try lexer.withLexer { lexer throws(ConstraintError) in
            var current = start
            var forced: [UInt8] = []
            while forced.count < limit, !current.isComplete {
                var candidates = ByteSet()
                for thread in current.threads { candidates = candidates.union(lexer.firstBytes(thread.state)) }
                var found: (byte: UInt8, position: Position)?
                var choices = 0
                for byte in candidates.bytes where choices < 2 {
                    guard let next = Position.step(current.threads, byte, lexer, &rows) else { continue }
                    found = (byte, next)
                    choices += 1
                }
                guard choices == 1, let found else { break }
                forced.append(found.byte)
                current = found.position
            }
            try check(lexer)
            return forced
        }
    }

    /// The bytes that complete the text: as few as the grammar allows, where members of objects that need not be there are left
    /// out. None if it is complete; nil if no such text is found within the limits of a compilation.
    ///
    /// Nothing is accepted by this. Bytes of special tokens are as in ``TokenTrie/init(tokens:endTokens:specialTokens:)``.
    public func closingBytes() -> [UInt8]? {
        guard !isFinished, !position.isComplete else { return [] }
        let text = lexer.withLexer { lexer in
            var closing = Closing(lexer, rows)
            return closing.text(from: position)
        }
        var copy = self
        guard let text, let isAccepted = try? copy.accept(bytes: text), isAccepted, copy.isComplete else { return nil }
        return text
    }

    private mutating func advanced(by bytes: some Collection<UInt8>) throws(ConstraintError) -> Position? {
        let start = position
        return try lexer.withLexer { lexer throws(ConstraintError) in
            var current = start
            for byte in bytes {
                guard let next = Position.step(current.threads, byte, lexer, &rows) else {
                    try check(lexer)
                    return nil
                }
                current = next
            }
            try check(lexer)
            return current
        }
    }

    private func check(_ lexer: Lexer) throws(ConstraintError) {
        if let reason = lexer.overflow ?? rows.overflow { throw .tooComplex(reason) }
    }
}
