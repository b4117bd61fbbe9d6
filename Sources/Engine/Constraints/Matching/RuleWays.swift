import Essentials

/// The shortest texts of a grammar's rules, and from any place within one to its end.
struct RuleWays {
    /// A place within a rule: a state, and what the array or object has so far.
    private struct Place: Hashable {
        var state: Int32
        var progress: Int32
    }

    private let automaton: Automaton
    private let lexemes: [Expression]
    private var lexemeTexts: [Int32: [UInt8]?] = [:]
    private var ruleTexts: [Int32: [UInt8]] = [:]
    private var known: [Place: [UInt8]?] = [:]
    /// The most places that one search looks at.
    private static let mostPlaces = 20_000
    /// The most rounds in which texts of rules become shorter.
    private static let mostRounds = 24

    init(_ automaton: Automaton, lexemes: [Expression]) {
        self.automaton = automaton
        self.lexemes = lexemes
    }

    /// Finds the texts of all rules that may be called from the items of `starts` and of the rows that those wait in.
    mutating func prepare(_ starts: [Int32], _ rows: inout Rows, _ expressions: inout Expressions) {
        let rules = rulesCalled(from: starts, rows)
        var changes = true
        var round = 0
        while changes, round < Self.mostRounds {
            changes = false
            round += 1
            for rule in rules {
                let start = Place(state: automaton.ruleStarts[Int(rule)], progress: 0)
                guard let text = search(from: start, &rows, &expressions) else { continue }
                if ruleTexts[rule].map({ text.count < $0.count }) ?? true {
                    ruleTexts[rule] = text
                    changes = true
                }
            }
        }
        known = [:]
    }

    /// Rules whose texts may be needed, those first that others call.
    private func rulesCalled(from starts: [Int32], _ rows: Rows) -> [Int32] {
        var seenRows = Set(starts)
        var rowQueue = Array(seenRows)
        var rules: Set<Int32> = []
        while let row = rowQueue.popLast() {
            for item in rows.items(of: row) {
                rules.insert(automaton.states[Int(item.state)].rule)
                if item.origin != Rows.itself, seenRows.insert(item.origin).inserted { rowQueue.append(item.origin) }
            }
        }
        var statesOfRules: [Int32: [Int]] = [:]
        for (number, state) in automaton.states.enumerated() { statesOfRules[state.rule, default: []].append(number) }
        var order: [Int32] = []
        var queue = Array(rules)
        while let rule = queue.popLast() {
            order.append(rule)
            for state in statesOfRules[rule] ?? [] {
                for call in automaton.callTransitions[automaton.states[state].calls]
                where rules.insert(call.symbol).inserted {
                    queue.append(call.symbol)
                }
            }
        }
        return order.reversed()
    }

    /// The shortest text from a state to the end of its rule; nil where none is found.
    mutating func text(
        from state: Int32, _ progress: Int32, _ rows: inout Rows, _ expressions: inout Expressions
    ) -> [UInt8]? {
        let place = Place(state: state, progress: progress)
        if let known = known[place] { return known }
        let text = search(from: place, &rows, &expressions)
        known[place] = .some(text)
        return text
    }

    /// Dijkstra's algorithm over places. What it looks at is counted as work of the expressions, with whose limit it ends.
    private mutating func search(
        from start: Place, _ rows: inout Rows, _ expressions: inout Expressions
    ) -> [UInt8]? {
        var lengths: [Place: Int] = [start: 0]
        var origins: [Place: (from: Place, text: [UInt8])] = [:]
        var open = Heap<(length: Int, place: Place)> { $0.length < $1.length }
        open.push((0, start))
        var visited = 0
        while let (length, place) = open.pop(), visited < Self.mostPlaces, expressions.overflow == nil {
            // A shorter way to the place was found after this one, and taken.
            guard length == lengths[place] else { continue }
            visited += 1
            if automaton.states[Int(place.state)].isFinal { return Self.path(to: place, origins) }
            let steps = steps(from: place, &rows, &expressions)
            expressions.spend(1 + steps.count)
            for (next, text) in steps {
                let total = length + text.count
                guard total < lengths[next] ?? .max else { continue }
                lengths[next] = total
                origins[next] = (place, text)
                open.push((total, next))
            }
        }
        return nil
    }

    private static func path(to end: Place, _ origins: [Place: (from: Place, text: [UInt8])]) -> [UInt8] {
        var parts: [[UInt8]] = []
        var place = end
        while let origin = origins[place] {
            parts.append(origin.text)
            place = origin.from
        }
        return Array(parts.reversed().joined())
    }

    /// Where one lexeme or one call leads.
    private mutating func steps(
        from place: Place, _ rows: inout Rows, _ expressions: inout Expressions
    ) -> [(Place, [UInt8])] {
        let state = automaton.states[Int(place.state)]
        var steps: [(Place, [UInt8])] = []
        for transition in automaton.lexemeTransitions[state.lexemes] {
            let effect = automaton.effects[Int(transition.effect)]
            guard automaton.isNeeded(effect, rows.progress(place.progress)),
                let progress = rows.apply(transition.effect, to: place.progress),
                let text = text(of: transition.symbol, &expressions)
            else { continue }
            steps.append((Place(state: transition.target, progress: progress), text))
        }
        for call in automaton.callTransitions[state.calls] {
            guard let text = ruleTexts[call.symbol], let progress = rows.apply(call.effect, to: place.progress) else {
                continue
            }
            steps.append((Place(state: call.target, progress: progress), text))
        }
        return steps
    }

    private mutating func text(of lexeme: Int32, _ expressions: inout Expressions) -> [UInt8]? {
        if let known = lexemeTexts[lexeme] { return known }
        let text = expressions.shortestText(lexemes[Int(lexeme)])
        lexemeTexts[lexeme] = .some(text)
        return text
    }
}

extension Automaton {
    /// Whether an object cannot be closed soonest without this: members that must be there come in their order, others only
    /// until there are enough.
    fileprivate func isNeeded(_ effect: Effect, _ progress: Progress) -> Bool {
        switch effect {
        case .none, .count, .atLeast, .close, .once: true
        case .more(let object): next(of: object, progress) != .nothing
        case .extra(let object): next(of: object, progress) == .more
        case .member(let member, let object):
            switch next(of: object, progress) {
            case .nothing: false
            case .member(let needed): member == needed
            case .more: apply(effect, to: progress) != nil && isFirst(member, of: object, progress)
            }
        }
    }

    /// What an object lacks.
    private enum Lack: Equatable {
        case nothing
        /// This member.
        case member(Int)
        /// Any members, so that there are enough.
        case more
    }

    private func next(of object: Int, _ progress: Progress) -> Lack {
        let condition = objects[object]
        let missing = demanded(condition, progress)
        let isShort = Int(progress.count) + missing.count < condition.least
        guard let first = missing.min() else { return isShort ? .more : .nothing }
        // Members that come in an order cannot be made up for later.
        return isShort && condition.isOrdered ? .more : .member(first)
    }

    /// Whether no earlier member could come.
    private func isFirst(_ member: Int, of object: Int, _ progress: Progress) -> Bool {
        !(0..<member).contains { apply(.member($0, object: object), to: progress) != nil }
    }
}
