/// Which tokens may come in a state of the lexer, as far as the lexer alone decides it.
///
/// It does for tokens that stay inside of one lexeme or end with it. What comes after a lexeme's end in the same token is
/// kept as a tree, which is walked from where the parser then stands. Equal states of all constraints share it.
final class Interior: Sendable {
    struct Exit: Sendable {
        /// The lexemes that end, by their position among the state's entries.
        let entries: [Int]
        let suffixes: ByteTree
    }

    let words: [UInt64]
    let exits: [Exit]

    init(words: [UInt64], exits: [Exit]) {
        self.words = words
        self.exits = exits
    }

    /// More tokens than this behind lexemes' ends are not worth keeping.
    static let mostSuffixes = 60_000
    /// How many a trie keeps.
    static let mostKept = 600
}

extension TokenTrie {
    /// The interior of `state`, found or made; nil where too many tokens go beyond a lexeme's end.
    func interior(of state: Int32, _ lexer: Lexer) -> Interior? {
        if lexer.states[Int(state)].hasLookedForInterior { return lexer.states[Int(state)].interior }
        let key = lexer.fingerprint(state)
        if let known = interiors.withLock({ $0[key] }) {
            lexer.setInterior(known, of: state)
            return known
        }
        let made = makeInterior(of: state, lexer)
        guard lexer.overflow == nil else { return nil }
        interiors.withLock {
            if $0.count >= Interior.mostKept { $0.removeAll() }
            $0[key] = .some(made)
        }
        lexer.setInterior(made, of: state)
        return made
    }

    private func makeInterior(of state: Int32, _ lexer: Lexer) -> Interior? {
        var mask = TokenMask(count: vocabularySize)
        var ends: [Int32: [Int32]] = [:]
        var suffixCount = 0
        var view = lexer.view
        var stack: [(node: Int32, state: Int32)] = [(0, state)]
        while let (node, current) = stack.popLast() {
            let parent = tree.nodes[Int(node)]
            for child in parent.firstChild..<parent.endOfChildren {
                var next = view.look(current, tree.bytes[Int(child)])
                if next == Lexer.unknown {
                    next = lexer.compute(current, tree.bytes[Int(child)])
                    view = lexer.view
                }
                guard next != Lexer.dead else { continue }
                let reached = tree.nodes[Int(child)]
                for position in reached.firstToken..<reached.endOfTokens { mask.insert(tree.tokens[Int(position)]) }
                guard reached.firstChild < reached.endOfChildren else { continue }
                if next & Lexer.accepts != 0 {
                    ends[lexer.states[Int(next >> 2)].accept, default: []].append(child)
                    suffixCount += Int(reached.endOfSubtree - reached.endOfTokens)
                    if suffixCount > Interior.mostSuffixes { return nil }
                }
                if next & Lexer.continues != 0 { stack.append((child, next >> 2)) }
            }
        }
        return Interior(words: mask.words, exits: exits(from: ends, of: state, lexer))
    }

    private func exits(from ends: [Int32: [Int32]], of state: Int32, _ lexer: Lexer) -> [Interior.Exit] {
        var exits: [Interior.Exit] = []
        for (accept, nodes) in ends {
            var suffixes: [(ArraySlice<UInt8>, Int32)] = []
            for node in nodes { addSuffixes(below: node, to: &suffixes) }
            let lexemes = lexer.acceptLists[Int(accept)]
            let entries = lexer.states[Int(state)].entries.enumerated().filter { entry in
                lexemes.contains(lexer.entries[entry.element].lexeme)
            }
            exits.append(Interior.Exit(entries: entries.map(\.offset), suffixes: ByteTree(suffixes)))
        }
        return exits
    }

    /// What tokens below `node` have after the bytes that lead to it.
    private func addSuffixes(below node: Int32, to suffixes: inout [(ArraySlice<UInt8>, Int32)]) {
        var depth = 0
        var first = node
        let parent = tree.nodes[Int(node)]
        // The depth is the length of the node's tokens, or one less than where the first child's differ.
        while tree.nodes[Int(first)].firstToken == tree.nodes[Int(first)].endOfTokens {
            first = tree.nodes[Int(first)].firstChild
            depth -= 1
        }
        depth += bytes(of: tree.tokens[Int(tree.nodes[Int(first)].firstToken)]).count
        for position in parent.endOfTokens..<parent.endOfSubtree {
            let token = tree.tokens[Int(position)]
            suffixes.append((bytes(of: token).dropFirst(depth), token))
        }
    }
}
