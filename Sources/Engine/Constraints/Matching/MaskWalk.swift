/// Finds the tokens that may come next by walking the tree of tokens with the lexer and the parser.
///
/// As long as the lexer is inside of a lexeme a step is one look into a table. Where a lexeme may end the parser says what
/// may follow; where it may also go on, both are followed side by side.
struct MaskWalk {
    let lexer: Lexer
    /// How many nodes were looked at, for deciding which states are worth an ``Interior``.
    private var visits = 0
    private var pending: [(child: Int32, end: Int32, state: Int32)] = []
    private var view: Lexer.View

    /// Looking at more nodes makes a state worth keeping.
    static let manyVisits = 400
    /// States with so many first bytes are worth keeping in any case.
    static let manyFirstBytes = 48

    init(_ lexer: Lexer) {
        self.lexer = lexer
        view = lexer.view
    }

    /// Adds the tokens of `trie` that may come at `position`.
    mutating func run(_ position: Position, _ trie: TokenTrie, _ rows: inout Rows, _ mask: inout TokenMask) {
        for thread in position.threads where thread.state != Lexer.dead {
            let state = lexer.states[Int(thread.state)]
            if let interior = state.interior {
                add(interior, thread, &rows, &mask)
                continue
            }
            let isWide = state.isWide || lexer.firstBytes(thread.state).count >= Self.manyFirstBytes
            if isWide, !state.hasLookedForInterior {
                if let base = base(of: thread.state), position.threads.count == 1 {
                    addDifference(to: base, thread, trie, &rows, &mask)
                    continue
                }
                if let interior = trie.interior(of: thread.state, lexer) {
                    view = lexer.view
                    add(interior, thread, &rows, &mask)
                    continue
                }
                view = lexer.view
            }
            visits = 0
            walk(trie.tree, 0, thread, &rows, &mask)
            if visits > Self.manyVisits { lexer.markWide(thread.state) }
        }
    }

    private mutating func add(
        _ interior: Interior, _ thread: Position.Thread, _ rows: inout Rows, _ mask: inout TokenMask
    ) {
        mask.formUnion(interior.words)
        let entries = lexer.states[Int(thread.state)].entries
        for exit in interior.exits {
            let lexemes = exit.entries.map { lexer.entries[entries.lowerBound + $0].lexeme }
            let row = rows.scan(thread.row, lexer.accept(lexemes), lexer)
            guard row != Rows.none else { continue }
            walk(exit.suffixes, 0, .init(row: row, state: rows.rows[Int(row)].lexerState), &rows, &mask)
        }
    }

    /// Adds the tokens that begin with the bytes which lead to `node`, and whose others may come at `position`.
    mutating func run(
        below node: Int32, _ position: Position, _ trie: TokenTrie, _ rows: inout Rows, _ mask: inout TokenMask
    ) {
        for thread in position.threads { walk(trie.tree, node, thread, &rows, &mask) }
    }

    // MARK: States that are nearly another

    /// The state that most bytes lead to from `state` and that they do not leave, if it has some of the same lexemes: within
    /// a string, for one in which certain words are still possible, the state in which none is.
    private mutating func base(of state: Int32) -> Int32? {
        let next = step(state, UInt8(ascii: "~")) >> 2
        guard next != Lexer.dead, next != state else { return nil }
        for probe in "~Q7z_ ".utf8 where step(next, probe) >> 2 != next { return nil }
        return next
    }

    /// Adds the tokens that may come in `base`, and puts right those where the first bytes lead to something else.
    private mutating func addDifference(
        to base: Int32, _ thread: Position.Thread, _ trie: TokenTrie, _ rows: inout Rows, _ mask: inout TokenMask
    ) {
        let shared = Position.Thread(row: thread.row, state: base)
        if let interior = trie.interior(of: base, lexer) {
            view = lexer.view
            add(interior, shared, &rows, &mask)
        } else {
            view = lexer.view
            walk(trie.tree, 0, shared, &rows, &mask)
        }
        let tree = trie.tree
        for child in tree.nodes[0].firstChild..<tree.nodes[0].endOfChildren {
            let byte = tree.bytes[Int(child)]
            guard step(thread.state, byte) != step(base, byte) else { continue }
            let node = tree.nodes[Int(child)]
            for position in node.firstToken..<node.endOfSubtree { mask.remove(tree.tokens[Int(position)]) }
            visit(tree, child, thread, &rows, &mask)
            while let top = pending.popLast() {
                walk(tree, from: top, row: thread.row, &rows, &mask)
            }
        }
    }

    // MARK: Walking

    @inline(__always)
    private mutating func step(_ state: Int32, _ byte: UInt8) -> Int32 {
        let next = view.look(state, byte)
        if next != Lexer.unknown { return next }
        let computed = lexer.compute(state, byte)
        view = lexer.view
        return computed
    }

    /// Follows one thread below `node`.
    private mutating func walk(
        _ tree: ByteTree, _ node: Int32, _ thread: Position.Thread, _ rows: inout Rows, _ mask: inout TokenMask
    ) {
        guard thread.state != Lexer.dead else { return }
        // The parser may have made the lexer's table grow.
        view = lexer.view
        let parent = tree.nodes[Int(node)]
        walk(tree, from: (parent.firstChild, parent.endOfChildren, thread.state), row: thread.row, &rows, &mask)
    }

    private mutating func walk(
        _ tree: ByteTree, from start: (child: Int32, end: Int32, state: Int32), row: Int32, _ rows: inout Rows,
        _ mask: inout TokenMask
    ) {
        let base = pending.count
        pending.append(start)
        while pending.count > base {
            let top = pending.count - 1
            let (child, end, state) = pending[top]
            if child == end {
                pending.removeLast()
                continue
            }
            pending[top].child = child + 1
            visit(tree, child, .init(row: row, state: state), &rows, &mask)
        }
    }

    /// Looks at one node: adds its tokens and leaves what is below to be walked.
    @inline(__always)
    private mutating func visit(
        _ tree: ByteTree, _ child: Int32, _ thread: Position.Thread, _ rows: inout Rows, _ mask: inout TokenMask
    ) {
        visits += 1
        let next = step(thread.state, tree.bytes[Int(child)])
        guard next != Lexer.dead else { return }
        let node = tree.nodes[Int(child)]
        for position in node.firstToken..<node.endOfTokens { mask.insert(tree.tokens[Int(position)]) }
        guard node.firstChild < node.endOfChildren else { return }
        if next & Lexer.accepts == 0 {
            if next & Lexer.continues != 0 { pending.append((node.firstChild, node.endOfChildren, next >> 2)) }
        } else {
            fork(tree, child, .init(row: thread.row, state: next >> 2), &rows, &mask)
        }
    }

    /// A lexeme may end at `node`: follows what comes after it and, where it may go on, both.
    private mutating func fork(
        _ tree: ByteTree, _ node: Int32, _ thread: Position.Thread, _ rows: inout Rows, _ mask: inout TokenMask
    ) {
        let state = lexer.states[Int(thread.state)]
        let row = rows.scan(thread.row, state.accept, lexer)
        view = lexer.view
        let follow = row == Rows.none ? Lexer.dead : rows.rows[Int(row)].lexerState
        if !state.continues {
            if follow != Lexer.dead { walk(tree, node, .init(row: row, state: follow), &rows, &mask) }
        } else if follow == Lexer.dead {
            walk(tree, node, thread, &rows, &mask)
        } else {
            walkAll(tree, node, [thread, .init(row: row, state: follow)], &rows, &mask)
        }
    }

    /// Follows several threads below `node`, joining those that come to the same.
    private mutating func walkAll(
        _ tree: ByteTree, _ node: Int32, _ threads: [Position.Thread], _ rows: inout Rows, _ mask: inout TokenMask
    ) {
        let parent = tree.nodes[Int(node)]
        for child in parent.firstChild..<parent.endOfChildren {
            visits += 1
            view = lexer.view
            let byte = tree.bytes[Int(child)]
            guard threads.contains(where: { step($0.state, byte) != Lexer.dead }),
                let next = Position.step(threads, byte, lexer, &rows)
            else { continue }
            let reached = tree.nodes[Int(child)]
            for position in reached.firstToken..<reached.endOfTokens { mask.insert(tree.tokens[Int(position)]) }
            guard reached.firstChild < reached.endOfChildren else { continue }
            if next.threads.count == 1 {
                walk(tree, child, next.threads[0], &rows, &mask)
            } else if !next.threads.isEmpty {
                walkAll(tree, child, next.threads, &rows, &mask)
            }
        }
    }
}
