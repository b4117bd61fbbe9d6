import JSONValues
import OrderedCollections

/// From sets of values to a grammar: a rule for each term that allows arrays or objects, a lexeme for the scalars of each.
extension SchemaCompiler {
    /// Writes the schema as the rule `rule`.
    mutating func write(rule: Int32, into builder: inout GrammarBuilder) throws(ConstraintError) {
        guard let root = try document.place(at: "") else { throw .unsatisfiable("there is no schema") }
        let start = try term(.place(root))
        let sets = try reachable(from: start)
        let productive = productiveTerms(sets)
        guard productive.contains(start) else {
            throw .unsatisfiable("the schema contradicts itself")
        }
        builder.expressions = expressions
        var emission = SchemaEmission(compiler: self, sets: sets, productive: productive, builder: builder)
        // One owner at a time: copies of the pools would be made with every change.
        builder = GrammarBuilder(Expressions(longestToken: 1))
        expressions = Expressions(longestToken: 1)
        defer { builder = emission.builder }
        try emission.run(from: start, rule: rule)
    }

    /// The sets of `start` and of all terms that elements and members of them refer to.
    private mutating func reachable(from start: Term) throws(ConstraintError) -> [Term: ValueSet] {
        var sets: [Term: ValueSet] = [:]
        var queue = [start]
        while let term = queue.popLast() {
            guard sets[term] == nil else { continue }
            var set = try values(of: term)
            for index in set.arrays.indices { try splitContains(&set.arrays[index], term, &queue) }
            sets[term] = set
            for shape in set.arrays { queue += shape.prefix + [shape.rest] + shape.contains }
            for shape in set.objects { queue += shape.members.values + shape.extras.map(\.value) }
        }
        return sets
    }

    /// Makes the terms that an array with `contains` needs; what they are is looked up again when it is written.
    private mutating func splitContains(
        _ shape: inout ArrayShape, _ term: Term, _ queue: inout [Term]
    ) throws(ConstraintError) {
        guard let wanted = shape.contains.first else { return }
        guard shape.contains.count == 1, shape.most == nil else {
            throw .schema(
                pointer: pointer(of: term), keyword: "contains",
                reason: "several of them, or one beside a greatest length, are not supported")
        }
        for element in shape.prefix + [shape.rest] {
            let joint = try both(element, wanted)
            jointTerms[[element, wanted]] = joint
            queue.append(joint)
        }
    }

    /// Terms that allow a value of finite size, found from the bottom up.
    private func productiveTerms(_ sets: [Term: ValueSet]) -> Set<Term> {
        var productive: Set<Term> = []
        var changes = true
        while changes {
            changes = false
            for (term, set) in sets where !productive.contains(term) {
                let isProductive =
                    set.hasScalars || set.arrays.contains { self.isProductive($0, productive) }
                    || set.objects.contains { self.isProductive($0, productive) }
                if isProductive {
                    productive.insert(term)
                    changes = true
                }
            }
        }
        return productive
    }

    func isProductive(_ shape: ArrayShape, _ productive: Set<Term>) -> Bool {
        if !shape.contains.isEmpty, shape.least == 0 { return false }
        for wanted in shape.contains {
            let mayBeThere = (shape.prefix + [shape.rest]).contains { element in
                jointTerms[[element, wanted]].map(productive.contains) ?? true
            }
            if !mayBeThere { return false }
        }
        let needed = min(shape.least, shape.prefix.count + 1)
        return (0..<needed).allSatisfy { productive.contains(shape.element($0)) }
    }

    func isProductive(_ shape: ObjectShape, _ productive: Set<Term>) -> Bool {
        let members = possibleMembers(of: shape, productive)
        guard shape.required.allSatisfy({ members[$0] != nil }) else { return false }
        let hasExtras = shape.extras.contains { productive.contains($0.value) }
        return hasExtras || members.count >= shape.least
    }

    /// The declared members that can be there: with a value of finite size, and with all that they demand.
    func possibleMembers(of shape: ObjectShape, _ productive: Set<Term>) -> OrderedDictionary<String, Term> {
        var members = shape.members.filter { productive.contains($0.value) }
        var count = members.count + 1
        while members.count < count {
            count = members.count
            let kept = members
            members = kept.filter { name, _ in shape.implications[name]?.allSatisfy { kept[$0] != nil } ?? true }
        }
        return members
    }
}

/// Writes the grammar.
private struct SchemaEmission {
    var compiler: SchemaCompiler
    let sets: [Term: ValueSet]
    let productive: Set<Term>
    var builder: GrammarBuilder
    private var rules: [Term: Int32] = [:]
    private var queue: [Term] = []
    private var scalars: [Term: Expression] = [:]
    private var punctuation: [UInt8: Expression] = [:]

    init(compiler: SchemaCompiler, sets: [Term: ValueSet], productive: Set<Term>, builder: GrammarBuilder) {
        self.compiler = compiler
        self.compiler.expressions = Expressions(longestToken: 1)
        self.sets = sets
        self.productive = productive
        self.builder = builder
    }

    mutating func run(from start: Term, rule root: Int32) throws(ConstraintError) {
        try write(start, rule: root, space: .empty)
        while let term = queue.popLast(), let rule = rules[term] {
            try write(term, rule: rule, space: compiler.text.space)
            if let reason = builder.expressions.overflow { throw .tooComplex(reason) }
        }
    }

    /// A value of `term` between two states.
    private mutating func value(
        of term: Term, from: Int32, to: Int32, effect: Effect = .none
    ) {
        guard productive.contains(term), let set = sets[term] else { return }
        if set.arrays.isEmpty, set.objects.isEmpty {
            builder.addLexeme(scalar(of: term, set), from: from, to: to, effect: effect)
            return
        }
        let rule: Int32
        if let known = rules[term] {
            rule = known
        } else {
            rule = builder.addRule()
            rules[term] = rule
            queue.append(term)
        }
        builder.addCall(of: rule, from: from, to: to, effect: effect)
    }

    /// The scalars of a set, after white space.
    private mutating func scalar(of term: Term, _ set: ValueSet) -> Expression {
        if let known = scalars[term] { return known }
        let result = builder.expressions.concatenation(compiler.text.space, scalars(of: set))
        scalars[term] = result
        return result
    }

    private mutating func scalars(of set: ValueSet) -> Expression {
        var parts: [Expression] = []
        if set.allowsNull { parts.append(builder.expressions.literal("null")) }
        if set.allowsFalse { parts.append(builder.expressions.literal("false")) }
        if set.allowsTrue { parts.append(builder.expressions.literal("true")) }
        parts.append(set.number)
        parts.append(set.string == compiler.text.string ? compiler.text.lenientString : set.string)
        return builder.expressions.union(parts)
    }

    private mutating func write(_ term: Term, rule: Int32, space: Expression) throws(ConstraintError) {
        guard let set = sets[term] else { return }
        let start = builder.start(of: rule)
        let end = builder.addState(in: rule)
        builder.markFinal(end)
        let scalar = builder.expressions.concatenation(space, scalars(of: set))
        builder.addLexeme(scalar, from: start, to: end)
        for shape in set.arrays where compiler.isProductive(shape, productive) {
            try write(shape, term, from: start, to: end, rule, space)
        }
        for shape in set.objects where compiler.isProductive(shape, productive) {
            write(shape, from: start, to: end, rule, space)
        }
    }

    /// One of `,:[]{}` after white space.
    private mutating func mark(_ character: UInt8) -> Expression {
        if let known = punctuation[character] { return known }
        let result = builder.expressions.concatenation(compiler.text.space, builder.expressions.byte(character))
        punctuation[character] = result
        return result
    }

    // MARK: Arrays

    private mutating func write(
        _ shape: ArrayShape, _ term: Term, from start: Int32, to end: Int32, _ rule: Int32, _ space: Expression
    ) throws(ConstraintError) {
        if shape.isUnique {
            guard try writeUnique(shape, from: start, to: end, rule, space) else {
                throw .schema(
                    pointer: compiler.pointer(of: term), keyword: "uniqueItems",
                    reason: "it is only supported for elements that are one of a list of strings (\"enum\")")
            }
            return
        }
        let open = builder.addState(in: rule)
        let bracket = builder.expressions.byte(UInt8(ascii: "["))
        builder.addLexeme(builder.expressions.concatenation(space, bracket), from: start, to: open)
        let wanted = shape.contains.first
        var before = open
        var found: Int32?
        for index in 0..<shape.prefix.count {
            if index >= shape.least, wanted == nil { builder.addLexeme(mark(UInt8(ascii: "]")), from: before, to: end) }
            if let found, index >= shape.least { builder.addLexeme(mark(UInt8(ascii: "]")), from: found, to: end) }
            let next = builder.addState(in: rule)
            let nextFound = wanted == nil ? nil : builder.addState(in: rule)
            try element(shape.prefix[index], wanted, index == 0, (before, found), (next, nextFound), rule)
            (before, found) = (next, nextFound)
        }
        try writeRest(shape, wanted, (before, found), to: end, rule)
    }

    /// An element, after a comma unless it is the first, without and with the wanted element among those so far.
    private mutating func element(
        _ element: Term, _ wanted: Term?, _ isFirst: Bool, _ from: (Int32, Int32?), _ to: (Int32, Int32?),
        _ rule: Int32, effect: Effect = .none
    ) throws(ConstraintError) {
        let start = afterComma(isFirst, from.0, rule, effect)
        value(of: element, from: start, to: to.0)
        if let wanted, let found = to.1 {
            value(of: try compiler.both(element, wanted), from: start, to: found)
            if let before = from.1 { value(of: element, from: afterComma(isFirst, before, rule, effect), to: found) }
        }
    }

    private mutating func afterComma(_ isFirst: Bool, _ state: Int32, _ rule: Int32, _ effect: Effect) -> Int32 {
        if isFirst { return state }
        let next = builder.addState(in: rule)
        builder.addLexeme(mark(UInt8(ascii: ",")), from: state, to: next, effect: effect)
        return next
    }

    /// The elements after the prefix, which are counted by their commas.
    private mutating func writeRest(
        _ shape: ArrayShape, _ wanted: Term?, _ from: (Int32, Int32?), to end: Int32, _ rule: Int32
    ) throws(ConstraintError) {
        let close = mark(UInt8(ascii: "]"))
        let known = shape.prefix.count
        let closing = wanted == nil ? from.0 : from.1
        if known >= shape.least, let closing { builder.addLexeme(close, from: closing, to: end) }
        guard shape.rest != SchemaCompiler.never, shape.most.map({ $0 > known }) ?? true else { return }
        // A first element without a comma is not counted.
        let uncounted = known == 0 ? 1 : 0
        let least = max(0, shape.least - known - uncounted)
        let most = shape.most.map { $0 - known - uncounted }
        let counts: Effect = least > 0 || most != nil ? .count(limit: most, enough: least) : .none
        let loop = builder.addState(in: rule)
        let found = wanted == nil ? nil : builder.addState(in: rule)
        try element(shape.rest, wanted, known == 0, from, (loop, found), rule, effect: known == 0 ? .none : counts)
        if most.map({ $0 > 0 }) ?? true {
            try element(shape.rest, wanted, false, (loop, found), (loop, found), rule, effect: counts)
        }
        let ending = wanted == nil ? loop : found
        if let ending { builder.addLexeme(close, from: ending, to: end, effect: least > 0 ? .atLeast(least) : .none) }
    }

    /// An array whose elements are some of a few strings, each at most once; false where they are not.
    private mutating func writeUnique(
        _ shape: ArrayShape, from start: Int32, to end: Int32, _ rule: Int32, _ space: Expression
    ) throws(ConstraintError) -> Bool {
        guard shape.prefix.isEmpty, shape.contains.isEmpty, let set = sets[shape.rest], set.arrays.isEmpty,
            set.objects.isEmpty, set.number == .nothing,
            let strings = builder.expressions.texts(of: set.string, atMost: 200)
        else { return false }
        var values: [Expression] = []
        var known: Set<String> = []
        for text in strings {
            guard let value = try? JSON(parsing: text, source: "enum").stringValue else { return false }
            if known.insert(value).inserted { values.append(compiler.text.literal(value, &builder.expressions)) }
        }
        if set.allowsNull { values.append(builder.expressions.literal("null")) }
        if set.allowsFalse { values.append(builder.expressions.literal("false")) }
        if set.allowsTrue { values.append(builder.expressions.literal("true")) }
        guard values.count >= shape.least else { return true }
        let most = min(shape.most ?? values.count, values.count)
        // Members of an object without values: each once, and so many in all.
        let object = builder.addObject(
            ObjectCondition(declared: values.count, least: shape.least, most: most, isOrdered: false))
        let open = builder.addState(in: rule)
        let next = builder.addState(in: rule)
        let after = builder.addState(in: rule)
        let bracket = builder.expressions.byte(UInt8(ascii: "["))
        builder.addLexeme(builder.expressions.concatenation(space, bracket), from: start, to: open)
        let close = mark(UInt8(ascii: "]"))
        if shape.least == 0 { builder.addLexeme(close, from: open, to: end) }
        for (index, value) in values.enumerated() {
            let lexeme = builder.expressions.concatenation(compiler.text.space, value)
            builder.addLexeme(lexeme, from: open, to: after, effect: .member(index, object: object))
            builder.addLexeme(lexeme, from: next, to: after, effect: .member(index, object: object))
        }
        builder.addLexeme(mark(UInt8(ascii: ",")), from: after, to: next, effect: .more(object: object))
        builder.addLexeme(close, from: after, to: end, effect: .close(object: object))
        return true
    }

    // MARK: Objects

    private mutating func write(
        _ shape: ObjectShape, from start: Int32, to end: Int32, _ rule: Int32, _ space: Expression
    ) {
        let members = compiler.possibleMembers(of: shape, productive)
        let extras = shape.extras.filter { productive.contains($0.value) }
        let object = builder.addObject(condition(of: shape, Array(members.keys), hasExtras: !extras.isEmpty))
        let isFree = members.isEmpty && shape.least == 0 && shape.most == nil
        let open = builder.addState(in: rule)
        let next = builder.addState(in: rule)
        let after = builder.addState(in: rule)
        let brace = builder.expressions.byte(UInt8(ascii: "{"))
        builder.addLexeme(builder.expressions.concatenation(space, brace), from: start, to: open)
        let close = mark(UInt8(ascii: "}"))
        let closing: Effect = isFree ? .none : .close(object: object)
        builder.addLexeme(close, from: open, to: end, effect: closing)
        builder.addLexeme(close, from: after, to: end, effect: closing)
        builder.addLexeme(
            mark(UInt8(ascii: ",")), from: after, to: next, effect: isFree ? .none : .more(object: object))
        let colon = mark(UInt8(ascii: ":"))
        for (index, (name, value)) in members.enumerated() {
            let state = builder.addState(in: rule)
            let key = compiler.text.literal(name, &builder.expressions)
            let lexeme = builder.expressions.concatenation([compiler.text.space, key, colon])
            builder.addLexeme(lexeme, from: open, to: state, effect: .member(index, object: object))
            builder.addLexeme(lexeme, from: next, to: state, effect: .member(index, object: object))
            self.value(of: value, from: state, to: after)
        }
        guard !extras.isEmpty else { return }
        var names: [Expression] = []
        for name in shape.members.keys { names.append(compiler.text.literal(name, &builder.expressions)) }
        let declared = builder.expressions.union(names)
        for extra in extras {
            let keys = builder.expressions.difference(extra.keys, declared)
            let state = builder.addState(in: rule)
            let lexeme = builder.expressions.concatenation([compiler.text.space, keys, colon])
            let effect: Effect = isFree ? .none : .extra(object: object)
            builder.addLexeme(lexeme, from: open, to: state, effect: effect)
            builder.addLexeme(lexeme, from: next, to: state, effect: effect)
            self.value(of: extra.value, from: state, to: after)
        }
    }

    private func condition(of shape: ObjectShape, _ names: [String], hasExtras: Bool) -> ObjectCondition {
        let index = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
        var condition = ObjectCondition()
        condition.declared = names.count
        condition.required = shape.required.compactMap { index[$0] }.sorted()
        condition.allowsExtra = hasExtras
        condition.least = shape.least
        condition.most = shape.most
        condition.isOrdered = compiler.options.order == .declared
        for (name, others) in shape.implications {
            if let member = index[name] { condition.implications[member] = others.map { index[$0] ?? -1 } }
        }
        return condition
    }
}
