/// The right side of a rule, as the notations for grammars have it.
indirect enum Production: Sendable {
    case pattern(Pattern)
    case sequence([Production])
    case choice([Production])
    case repetition(Production, Int, Int?)
    /// A rule by its name; where it is named, for errors.
    case reference(String, offset: Int)
    /// Something before which ignored text, such as white space, may stand.
    case token(Production)
}

/// A grammar as rules by name.
struct RuleSet: Sendable {
    var rules: [String: Production] = [:]
    var root: String
    /// What may stand before every token, and at the end.
    var ignored: [Production] = []
    /// The grammar's text, for the places of errors.
    var source: GrammarSource
}

/// A grammar's text.
struct GrammarSource: Sendable {
    let scalars: [Unicode.Scalar]

    init(_ text: String) { scalars = Array(text.unicodeScalars) }

    func error(at offset: Int, _ reason: String) -> ConstraintError {
        let before = scalars.prefix(max(0, offset))
        let line = before.count { $0 == "\n" } + 1
        let column = before.count - (before.lastIndex(of: "\n").map { $0 + 1 } ?? 0) + 1
        return .grammar(line: line, column: column, reason: reason)
    }
}

/// Writes rules into a grammar. What does not refer to itself becomes expressions of lexemes, as large ones as possible.
struct RuleWriter {
    private let set: RuleSet
    private var translator = PatternTranslator(PlainEncoding())
    private var isRegular: [String: Bool] = [:]
    private var expressions: [String: Expression] = [:]
    private var rules: [String: Int32] = [:]
    private var queue: [String] = []
    private var depth = 0
    private var ignored = Expression.empty
    static let deepestNesting = 200
    static let mostUnrolled = 2000

    init(_ set: RuleSet) { self.set = set }

    /// Writes the grammar's root as the rule `rule`.
    mutating func write(rule: Int32, into builder: inout GrammarBuilder) throws(ConstraintError) {
        for name in set.rules.keys.sorted() { isRegular[name] = try !reachesItself(name) }
        var parts: [Expression] = []
        for production in set.ignored { parts.append(try expression(production, &builder)) }
        ignored = builder.expressions.repetition(builder.expressions.union(parts), 0, nil)
        let start = builder.start(of: rule)
        let end = builder.addState(in: rule)
        builder.markFinal(end)
        let root = Production.sequence([.reference(set.root, offset: 0), .token(.sequence([]))])
        try write(root, from: start, to: end, rule, &builder)
        while let name = queue.popLast(), let number = rules[name], let production = set.rules[name] {
            let end = builder.addState(in: number)
            builder.markFinal(end)
            try write(production, from: builder.start(of: number), to: end, number, &builder)
            if let reason = builder.expressions.overflow { throw .tooComplex(reason) }
        }
    }

    private func references(in production: Production) -> [(String, Int)] {
        switch production {
        case .pattern: []
        case .sequence(let parts), .choice(let parts): parts.flatMap { references(in: $0) }
        case .repetition(let part, _, _), .token(let part): references(in: part)
        case .reference(let name, let offset): [(name, offset)]
        }
    }

    /// Whether a rule that refers to itself can be reached from `name`.
    private func reachesItself(_ name: String) throws(ConstraintError) -> Bool {
        // Depth first; a rule that is met while its own are being looked at is a loop.
        var state: [String: Bool] = [:]
        var stack: [(name: String, isExit: Bool)] = [(name, false)]
        while let (current, isExit) = stack.popLast() {
            if isExit {
                state[current] = true
                continue
            }
            if let isDone = state[current] {
                if !isDone { return true }
                continue
            }
            state[current] = false
            stack.append((current, true))
            guard let production = set.rules[current] else { continue }
            for (next, offset) in references(in: production) {
                guard set.rules[next] != nil else {
                    throw set.source.error(at: offset, "there is no rule \"\(next)\"")
                }
                if state[next] == false { return true }
                if state[next] == nil { stack.append((next, false)) }
            }
        }
        return false
    }

    private func isRegular(_ production: Production) -> Bool {
        references(in: production).allSatisfy { isRegular[$0.0] ?? false }
    }

    /// A production that does not reach a rule that refers to itself.
    private mutating func expression(
        _ production: Production, _ builder: inout GrammarBuilder
    ) throws(ConstraintError) -> Expression {
        depth += 1
        defer { depth -= 1 }
        guard depth < Self.deepestNesting else { throw .tooComplex("rules are nested deeper than \(depth) levels") }
        switch production {
        case .pattern(let pattern):
            if !pattern.looksAround { return translator.plain(pattern, &builder.expressions) }
            do { return try translator.whole(pattern, &builder.expressions) } catch {
                throw set.source.error(at: 0, error.reason)
            }
        case .sequence(let parts):
            var result: [Expression] = []
            for part in parts { result.append(try expression(part, &builder)) }
            return builder.expressions.concatenation(result)
        case .choice(let parts):
            var result: [Expression] = []
            for part in parts { result.append(try expression(part, &builder)) }
            return builder.expressions.union(result)
        case .repetition(let part, let least, let most):
            return builder.expressions.repetition(try expression(part, &builder), least, most)
        case .token(let part): return builder.expressions.concatenation(ignored, try expression(part, &builder))
        case .reference(let name, let offset):
            if let known = expressions[name] { return known }
            guard let rule = set.rules[name] else { throw set.source.error(at: offset, "there is no rule \"\(name)\"") }
            let result = try expression(rule, &builder)
            expressions[name] = result
            return result
        }
    }

    private mutating func write(
        _ production: Production, from: Int32, to: Int32, _ rule: Int32, _ builder: inout GrammarBuilder
    ) throws(ConstraintError) {
        if isRegular(production) {
            builder.addLexeme(try expression(production, &builder), from: from, to: to)
            return
        }
        depth += 1
        defer { depth -= 1 }
        guard depth < Self.deepestNesting else { throw .tooComplex("rules are nested deeper than \(depth) levels") }
        if let reason = builder.expressions.overflow { throw .tooComplex(reason) }
        switch production {
        case .pattern: break
        case .sequence(let parts): try write(sequence: parts, from: from, to: to, rule, &builder)
        case .choice(let parts):
            for part in parts { try write(part, from: from, to: to, rule, &builder) }
        case .repetition(let part, let least, let most):
            try write(part, least, most, from: from, to: to, rule, &builder)
        case .token(let part):
            let state = builder.addState(in: rule)
            builder.addLexeme(ignored, from: from, to: state)
            try write(part, from: state, to: to, rule, &builder)
        case .reference(let name, _):
            let number: Int32
            if let known = rules[name] {
                number = known
            } else {
                number = builder.addRule()
                rules[name] = number
                queue.append(name)
            }
            builder.addCall(of: number, from: from, to: to)
        }
    }

    /// Neighbours without recursion are one lexeme.
    private mutating func write(
        sequence parts: [Production], from: Int32, to: Int32, _ rule: Int32, _ builder: inout GrammarBuilder
    ) throws(ConstraintError) {
        var groups: [Production] = []
        var plain: [Production] = []
        for part in parts {
            if isRegular(part) {
                plain.append(part)
            } else {
                if !plain.isEmpty { groups.append(.sequence(plain)) }
                plain = []
                groups.append(part)
            }
        }
        if !plain.isEmpty { groups.append(.sequence(plain)) }
        var state = from
        for (index, group) in groups.enumerated() {
            let next = index == groups.count - 1 ? to : builder.addState(in: rule)
            try write(group, from: state, to: next, rule, &builder)
            state = next
        }
    }

    private mutating func write(
        _ part: Production, _ least: Int, _ most: Int?, from: Int32, to: Int32, _ rule: Int32,
        _ builder: inout GrammarBuilder
    ) throws(ConstraintError) {
        guard max(least, most ?? 0) <= Self.mostUnrolled else {
            throw .tooComplex("a repetition counts to \(max(least, most ?? 0)), more than \(Self.mostUnrolled)")
        }
        var state = from
        for _ in 0..<least {
            let next = builder.addState(in: rule)
            try write(part, from: state, to: next, rule, &builder)
            state = next
        }
        if let most {
            for _ in least..<max(least, most) {
                builder.addSilent(from: state, to: to)
                let next = builder.addState(in: rule)
                try write(part, from: state, to: next, rule, &builder)
                state = next
            }
        } else {
            let loop = builder.addState(in: rule)
            builder.addSilent(from: state, to: loop)
            try write(part, from: loop, to: loop, rule, &builder)
            state = loop
        }
        builder.addSilent(from: state, to: to)
    }
}
