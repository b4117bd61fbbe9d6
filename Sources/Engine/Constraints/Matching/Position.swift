/// Where a text stands: the ways in which it can be read so far, and whether it may end here.
struct Position: Sendable, Hashable {
    /// One way: the row in which the present lexeme began, and the lexer's state within it.
    struct Thread: Sendable, Hashable {
        var row: Int32
        var state: Int32
    }

    var threads: [Thread]
    var isComplete: Bool

    /// Where `byte` leads from `threads`; nil if nowhere.
    ///
    /// Lexemes that end here, whichever way they were read, lead to one row.
    static func step(_ threads: [Thread], _ byte: UInt8, _ lexer: Lexer, _ rows: inout Rows) -> Position? {
        var next: [Thread] = []
        var ends: [(row: Int32, accept: Int32)] = []
        for thread in threads {
            let result = lexer.step(thread.state, byte)
            guard result != Lexer.dead else { continue }
            let state = lexer.states[Int(result >> 2)]
            if state.accept != 0 { ends.append((thread.row, state.accept)) }
            if state.continues { next.append(Thread(row: thread.row, state: result >> 2)) }
        }
        var isComplete = false
        if !ends.isEmpty {
            let row = rows.scan(ends, lexer)
            if row != Rows.none {
                isComplete = rows.rows[Int(row)].isAccepting
                let follow = Thread(row: row, state: rows.rows[Int(row)].lexerState)
                if follow.state != Lexer.dead, !next.contains(follow) { next.append(follow) }
            }
        }
        return next.isEmpty && !isComplete ? nil : Position(threads: next, isComplete: isComplete)
    }
}
