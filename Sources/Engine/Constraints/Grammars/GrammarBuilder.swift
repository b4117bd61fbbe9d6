/// Puts an ``Automaton`` together, rule by rule.
struct GrammarBuilder {
    private struct State {
        var rule: Int32
        var lexemes: [Automaton.Transition] = []
        var calls: [Automaton.Transition] = []
        var silent: [Int32] = []
        var isFinal = false
    }

    var expressions: Expressions
    private var states: [State] = []
    private var ruleStarts: [Int32] = []
    private var lexemeIndex: [Expression: Int32] = [:]
    private var lexemes: [Expression] = []
    private var effects: [Effect] = [.none]
    private var effectIndex: [Effect: Int32] = [.none: 0]
    private var objects: [ObjectCondition] = []
    private var steps = 0
    static let largestStateCount = 200_000
    /// The most silent steps that are followed.
    static let mostSteps = 5_000_000

    /// How special tokens are spelled, of which a grammar can speak.
    private let specialTexts: SpecialTexts

    init(_ expressions: Expressions, specialTexts: SpecialTexts = SpecialTexts([])) {
        self.expressions = expressions
        self.specialTexts = specialTexts
    }

    /// The text in which what spells a special token is that token.
    mutating func marks(_ text: String) -> Expression {
        expressions.literal(specialTexts.marking(text))
    }

    /// Begins a rule; the first one is the whole text. Gives its number; its first state is ``start(of:)``.
    mutating func addRule() -> Int32 {
        let rule = Int32(ruleStarts.count)
        ruleStarts.append(Int32(states.count))
        states.append(State(rule: rule))
        return rule
    }

    func start(of rule: Int32) -> Int32 { ruleStarts[Int(rule)] }

    mutating func addState(in rule: Int32) -> Int32 {
        states.append(State(rule: rule))
        if states.count > Self.largestStateCount {
            expressions.overflow("the grammar has more than \(Self.largestStateCount) states")
        }
        return Int32(states.count - 1)
    }

    /// Reading `expression` leads from `from` to `to`.
    mutating func addLexeme(_ expression: Expression, from: Int32, to: Int32, effect: Effect = .none) {
        guard expression != .nothing else { return }
        if expressions.isNullable(expression) { addSilent(from: from, to: to) }
        guard expression != .empty else { return }
        let lexeme: Int32
        if let known = lexemeIndex[expression] {
            lexeme = known
        } else {
            lexeme = Int32(lexemes.count)
            lexemes.append(expression)
            lexemeIndex[expression] = lexeme
        }
        states[Int(from)].lexemes.append(.init(symbol: lexeme, target: to, effect: number(of: effect)))
    }

    mutating func addCall(of rule: Int32, from: Int32, to: Int32, effect: Effect = .none) {
        states[Int(from)].calls.append(.init(symbol: rule, target: to, effect: number(of: effect)))
    }

    mutating func addSilent(from: Int32, to: Int32) { states[Int(from)].silent.append(to) }

    mutating func markFinal(_ state: Int32) { states[Int(state)].isFinal = true }

    mutating func addObject(_ condition: ObjectCondition) -> Int {
        objects.append(condition)
        return objects.count - 1
    }

    private mutating func number(of effect: Effect) -> Int32 {
        if let known = effectIndex[effect] { return known }
        let number = Int32(effects.count)
        effects.append(effect)
        effectIndex[effect] = number
        return number
    }

    // MARK: Finishing

    /// The automaton without silent transitions and without what leads nowhere, and its lexer; nil if no text matches.
    mutating func finish() -> CompiledGrammar? {
        dropDeadLexemes()
        addNullableCalls()
        let useful = usefulStates()
        guard let root = ruleStarts.first, useful[Int(root)] else { return nil }
        var automaton = Automaton()
        automaton.ruleStarts = ruleStarts
        automaton.effects = effects
        automaton.objects = objects
        automaton.states.reserveCapacity(states.count)
        for number in states.indices {
            var state = Automaton.State(rule: states[number].rule)
            let lexemeStart = automaton.lexemeTransitions.count
            let callStart = automaton.callTransitions.count
            if useful[number], expressions.overflow == nil {
                for member in closure(of: Int32(number)) {
                    let part = states[Int(member)]
                    if part.isFinal { state.isFinal = true }
                    for transition in part.lexemes where useful[Int(transition.target)] {
                        automaton.lexemeTransitions.append(transition)
                    }
                    for transition in part.calls
                    where useful[Int(transition.target)] && useful[Int(ruleStarts[Int(transition.symbol)])] {
                        automaton.callTransitions.append(transition)
                    }
                }
            }
            state.lexemes = lexemeStart..<automaton.lexemeTransitions.count
            state.calls = callStart..<automaton.callTransitions.count
            automaton.states.append(state)
        }
        return CompiledGrammar(
            automaton: automaton, expressions: expressions, lexemes: lexemes, isClosing: closingLexemes(automaton))
    }

    private mutating func dropDeadLexemes() {
        let isLive = lexemes.map { expressions.isLive($0) }
        guard isLive.contains(false) else { return }
        for number in states.indices { states[number].lexemes.removeAll { !isLive[Int($0.symbol)] } }
    }

    /// A rule that may be empty may be passed over.
    private mutating func addNullableCalls() {
        var isNullable = [Bool](repeating: false, count: ruleStarts.count)
        var changes = true
        while changes, expressions.overflow == nil {
            changes = false
            for rule in ruleStarts.indices where !isNullable[rule] {
                let reached = closure(of: ruleStarts[rule])
                if reached.contains(where: { states[Int($0)].isFinal }) {
                    isNullable[rule] = true
                    changes = true
                }
            }
            guard changes else { break }
            for number in states.indices {
                for call in states[number].calls where isNullable[Int(call.symbol)] {
                    if !states[number].silent.contains(call.target) { states[number].silent.append(call.target) }
                }
            }
        }
    }

    private mutating func closure(of state: Int32) -> [Int32] {
        guard !states[Int(state)].silent.isEmpty else { return [state] }
        var reached = [state]
        var known: Set<Int32> = [state]
        var position = 0
        while position < reached.count {
            for next in states[Int(reached[position])].silent where known.insert(next).inserted { reached.append(next) }
            position += 1
        }
        steps += position
        if steps > Self.mostSteps { expressions.overflow("its parts may be left out in too many ways") }
        return reached
    }

    /// States from which a final one can be reached, found backwards from those.
    private func usefulStates() -> [Bool] {
        var useful = states.map(\.isFinal)
        var users = [[Int32]](repeating: [], count: states.count)
        for number in states.indices {
            let source = Int32(number)
            for next in states[number].silent { users[Int(next)].append(source) }
            for transition in states[number].lexemes { users[Int(transition.target)].append(source) }
            for call in states[number].calls {
                users[Int(call.target)].append(source)
                users[Int(ruleStarts[Int(call.symbol)])].append(source)
            }
        }
        var queue = states.indices.filter { useful[$0] }.map { Int32($0) }
        while let state = queue.popLast() {
            for user in users[Int(state)] where !useful[Int(user)] {
                let source = states[Int(user)]
                let leadsOn =
                    source.silent.contains { useful[Int($0)] }
                    || source.lexemes.contains { useful[Int($0.target)] }
                    || source.calls.contains { useful[Int($0.target)] && useful[Int(ruleStarts[Int($0.symbol)])] }
                if leadsOn {
                    useful[Int(user)] = true
                    queue.append(user)
                }
            }
        }
        return useful
    }

    /// Lexemes after which, wherever they are read, the text is over.
    private func closingLexemes(_ automaton: Automaton) -> [Bool] {
        var isClosing = [Bool](repeating: true, count: lexemes.count)
        let rootIsCalled = automaton.callTransitions.contains { $0.symbol == 0 }
        for state in automaton.states {
            for transition in automaton.lexemeTransitions[state.lexemes] {
                let target = automaton.states[Int(transition.target)]
                if state.rule != 0 || rootIsCalled || target.hasTransitions {
                    isClosing[Int(transition.symbol)] = false
                }
            }
        }
        return isClosing
    }
}
