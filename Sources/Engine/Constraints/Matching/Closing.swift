/// Finds a short text that completes one which stands at some position.
///
/// First the shortest text of every rule that may be called, then the shortest way from each row up through the rules that wait
/// for it. Of an object's members only those are looked at that it cannot do without.
struct Closing {
    /// A rule that began in a row and is over: what comes after it.
    private struct Exit: Hashable {
        var row: Int32
        var rule: Int32
    }

    /// The shortest text up to the end of the rule that called, and the exit from that.
    private struct Way {
        var length: Int
        var text: [UInt8]
        var next: Exit?
    }

    private let lexer: Lexer
    private var rows: Rows
    /// A copy, so that a limit that is reached here stops nobody else.
    private var expressions: Expressions
    private var ways: RuleWays

    init(_ lexer: Lexer, _ rows: Rows) {
        self.lexer = lexer
        self.rows = rows
        expressions = lexer.expressions
        expressions.resetEffort()
        ways = RuleWays(rows.automaton, lexemes: lexer.lexemes)
    }

    /// The text; nil where none is found.
    mutating func text(from position: Position) -> [UInt8]? {
        if position.isComplete { return [] }
        var shortest: (length: Int, text: [UInt8], exit: Exit?)?
        var starts: [(text: [UInt8], row: Int32)] = []
        for thread in position.threads {
            for entry in lexer.entries[lexer.states[Int(thread.state)].entries] {
                guard let text = expressions.shortestText(entry.rest) else { continue }
                let row = rows.scan(thread.row, lexer.accept([entry.lexeme]), lexer)
                if row != Rows.none { starts.append((text, row)) }
            }
        }
        ways.prepare(starts.map(\.row), &rows, &expressions)
        for (start, row) in starts {
            guard let way = shortestWay(from: row) else { continue }
            let length = start.count + way.length
            if shortest.map({ length < $0.length }) ?? true { shortest = (length, start + way.text, way.next) }
        }
        guard var (_, text, exit) = shortest else { return nil }
        let ends = exits(from: exit)
        while let current = exit, let way = ends[current] {
            text += way.text
            exit = way.next
        }
        return text
    }

    /// From a row to the end of the whole text: the first part, and the exit behind it.
    private mutating func shortestWay(from row: Int32) -> Way? {
        if rows.rows[Int(row)].isAccepting { return Way(length: 0, text: [], next: nil) }
        var shortest: Way?
        for item in rows.items(of: row) {
            guard let text = ways.text(from: item.state, item.progress, &rows, &expressions) else { continue }
            let exit = Exit(
                row: item.origin == Rows.itself ? row : item.origin,
                rule: rows.automaton.states[Int(item.state)].rule)
            guard let rest = exits(from: exit)[exit] else { continue }
            let length = text.count + rest.length
            if shortest.map({ length < $0.length }) ?? true { shortest = Way(length: length, text: text, next: exit) }
        }
        return shortest
    }

    private var knownExits: [Exit: Way] = [:]

    /// The shortest ways from `exit` and from all exits behind it. Rows refer to earlier rows or to themselves, so that they are
    /// done in their order.
    private mutating func exits(from exit: Exit?) -> [Exit: Way] {
        guard let exit, knownExits[exit] == nil else { return knownExits }
        var found: Set<Exit> = [exit]
        var queue = [exit]
        while let current = queue.popLast() {
            for caller in callers(of: current) where knownExits[caller.exit] == nil {
                if found.insert(caller.exit).inserted { queue.append(caller.exit) }
            }
        }
        let ordered = found.sorted { ($0.row, $0.rule) < ($1.row, $1.rule) }
        var start = 0
        while start < ordered.count {
            let end = ordered[start...].firstIndex { $0.row != ordered[start].row } ?? ordered.count
            var changes = true
            while changes {
                changes = false
                for exit in ordered[start..<end] where improve(exit) { changes = true }
            }
            start = end
        }
        return knownExits
    }

    /// Looks for a shorter way from `exit`; whether there is one.
    private mutating func improve(_ exit: Exit) -> Bool {
        var best = knownExits[exit]
        let before = best?.length
        if exit.row == 0, exit.rule == 0 { best = Way(length: 0, text: [], next: nil) }
        for caller in callers(of: exit) {
            guard let rest = knownExits[caller.exit],
                let text = ways.text(from: caller.state, caller.progress, &rows, &expressions)
            else { continue }
            let length = text.count + rest.length
            if best.map({ length < $0.length }) ?? true { best = Way(length: length, text: text, next: caller.exit) }
        }
        knownExits[exit] = best
        return best?.length != before
    }

    /// What waits for a rule that began in a row: where it goes on, and the exit behind that.
    private mutating func callers(of exit: Exit) -> [(state: Int32, progress: Int32, exit: Exit)] {
        var callers: [(state: Int32, progress: Int32, exit: Exit)] = []
        for item in rows.items(of: exit.row) {
            let state = rows.automaton.states[Int(item.state)]
            for call in rows.automaton.callTransitions[state.calls] where call.symbol == exit.rule {
                guard let progress = rows.apply(call.effect, to: item.progress) else { continue }
                let row = item.origin == Rows.itself ? exit.row : item.origin
                callers.append((call.target, progress, Exit(row: row, rule: state.rule)))
            }
        }
        return callers
    }
}
