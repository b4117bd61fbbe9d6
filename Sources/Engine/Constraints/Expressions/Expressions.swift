/// A regular expression over bytes: an index into the ``Expressions`` that made it. Equal ones have equal indexes.
struct Expression: Hashable, Sendable {
    let id: UInt32

    /// Matches nothing at all.
    static let nothing = Expression(id: 0)
    /// Matches the empty text.
    static let empty = Expression(id: 1)
    /// Matches every text.
    static let everything = Expression(id: 2)
}

/// A pool of regular expressions over bytes with union, intersection and complement, and their derivatives.
///
/// Every expression is made once, so that equal ones are found equal by their index, and each derivative is computed once
/// (Brzozowski 1964; Owens, Reppy and Turon, "Regular-expression derivatives re-examined", 2009). Expressions are simplified
/// as they are made, which keeps the automata small whose states they are.
struct Expressions: Sendable {
    enum Kind: UInt8 {
        /// Nothing; the empty text; every text.
        case nothing, empty, everything
        /// One byte of the set at `a`.
        case bytes
        /// `b` bytes of the pool from `a` on.
        case literal
        /// `a`, then `b`.
        case concatenation
        /// Any (all) of the `b` expressions from `a` on in the pool.
        case union, intersection
        /// What `a` does not match.
        case complement
        /// `a`, `b` to `c` times; `unlimited` for `c` means any number.
        case repetition
        /// Decimal digits with a property of their value: the condition at `a` in the state that `b` and `c` hold.
        case remainder, comparison
    }

    struct Node {
        var kind: Kind
        var isNullable: Bool
        /// Whether an intersection, a complement or a condition is part of this, so that it may match nothing though it does
        /// not look so.
        var isConditional: Bool
        /// How deep a derivative goes.
        var depth: UInt16
        var a: UInt32
        var b: UInt32
        var c: UInt32
        /// Tells apart what a token can tell apart: counts beyond the longest token are as good as any other such.
        var fingerprint: UInt64
    }

    static let unlimited = UInt32.max
    /// The most expressions of one pool; beyond, compilation ends in an error.
    static let largestCount = 400_000
    /// The deepest nesting of one expression.
    static let largestDepth: UInt16 = 1500
    /// The most work of one compilation, in expressions looked at; beyond, it ends in an error. It takes 15 to 60 milliseconds;
    /// of 1,308 published schemas that work one takes more, the next 95,000.
    static let mostEffort = 120_000
    /// The most work of the masks of some texts beyond ``effortPerMask`` for each.
    static let mostMaskEffort = 400_000
    static let effortPerMask = 20_000

    private(set) var nodes: [Node] = []
    private(set) var sets: [ByteSet] = []
    private(set) var literals: [UInt8] = []
    private(set) var children: [UInt32] = []
    private(set) var conditions: [DecimalCondition] = []
    private var index: [UInt64: UInt32] = [:]
    private var setIndex: [ByteSet: UInt32] = [:]
    var derivatives: [UInt64: UInt32] = [:]
    var firsts: [UInt32: ByteSet] = [:]
    var liveness: [UInt32: Bool] = [:]
    /// Which bytes no expression tells apart.
    private(set) var classes = ByteClasses()
    /// Set when a limit was reached: what is made from then on is `nothing`, and compilation must end in an error.
    private(set) var overflow: String?
    private var effort = 0
    private var effortLimit = Expressions.mostEffort
    /// Counts from here on are alike to every token.
    let longestToken: UInt32

    init(longestToken: Int) {
        self.longestToken = UInt32(clamping: longestToken)
        nodes.reserveCapacity(256)
        for kind in [Kind.nothing, .empty, .everything] {
            nodes.append(
                Node(
                    kind: kind, isNullable: kind != .nothing, isConditional: false, depth: 1, a: 0, b: 0, c: 0,
                    fingerprint: mix(UInt64(kind.rawValue), 0x5EED)))
        }
    }

    subscript(_ expression: Expression) -> Node { nodes[Int(expression.id)] }

    func isNullable(_ expression: Expression) -> Bool { nodes[Int(expression.id)].isNullable }

    /// The members of a union or an intersection.
    func members(_ node: Node) -> ArraySlice<UInt32> { children[Int(node.a)..<Int(node.a + node.b)] }

    mutating func overflow(_ reason: String) { if overflow == nil { overflow = reason } }

    /// Counts work, so that patterns whose derivatives grow without end are given up in time.
    mutating func spend(_ steps: Int) {
        effort += steps
        if effort > effortLimit { overflow("its patterns combine in too many ways") }
    }

    /// Begins work that may take so much by itself.
    mutating func resetEffort(_ limit: Int = Expressions.mostEffort) { (effort, effortLimit) = (0, limit) }

    /// Begins a mask.
    mutating func grantEffort() { effort = max(0, effort - Self.effortPerMask) }

    // MARK: Making expressions

    mutating func bytes(_ set: ByteSet) -> Expression {
        guard !set.isEmpty else { return .nothing }
        let number: UInt32
        if let known = setIndex[set] {
            number = known
        } else {
            number = UInt32(sets.count)
            sets.append(set)
            setIndex[set] = number
            classes.refine(by: set)
        }
        return make(.bytes, number, hash: hash(of: set))
    }

    mutating func byte(_ byte: UInt8) -> Expression { bytes(ByteSet(byte...byte)) }

    mutating func literal(_ text: some Collection<UInt8>) -> Expression {
        guard !text.isEmpty else { return .empty }
        let start = literals.count
        literals.append(contentsOf: text)
        for byte in text { classes.separate(byte) }
        return literal(at: UInt32(start), count: UInt32(text.count))
    }

    mutating func literal(_ text: String) -> Expression { literal(text.utf8) }

    mutating func literal(at start: UInt32, count: UInt32) -> Expression {
        guard count > 0 else { return .empty }
        var hash: UInt64 = 17
        for byte in literals[Int(start)..<Int(start + count)] { hash = mix(hash, UInt64(byte)) }
        return make(.literal, start, count, hash: hash)
    }

    mutating func concatenation(_ first: Expression, _ second: Expression) -> Expression {
        if first == .nothing || second == .nothing { return .nothing }
        if first == .empty { return second }
        if second == .empty { return first }
        spend(1)
        let left = self[first]
        if left.kind == .concatenation {
            let rest = concatenation(Expression(id: left.b), second)
            return concatenation(Expression(id: left.a), rest)
        }
        let right = self[second]
        // X* X* is X*.
        if left.kind == .repetition, left.b == 0, left.c == Self.unlimited {
            if second == first { return first }
            if right.kind == .concatenation, right.a == first.id { return second }
        }
        var deepest = left.depth
        if left.isNullable { deepest = max(deepest, right.depth) }
        return make(
            .concatenation, first.id, second.id, isNullable: left.isNullable && right.isNullable,
            isConditional: left.isConditional || right.isConditional, depth: deepest &+ 1,
            hash: mix(left.fingerprint, right.fingerprint), exact: mix(UInt64(first.id), UInt64(second.id)))
    }

    mutating func concatenation(_ parts: [Expression]) -> Expression {
        var result = Expression.empty
        for part in parts.reversed() { result = concatenation(part, result) }
        return result
    }

    mutating func union(_ first: Expression, _ second: Expression) -> Expression {
        if first == second || second == .nothing { return first }
        if first == .nothing { return second }
        return union([first, second])
    }

    mutating func union(_ parts: [Expression]) -> Expression {
        var members: [UInt32] = []
        var set = ByteSet()
        for part in parts where part != .nothing {
            let node = self[part]
            if node.kind == .everything { return .everything }
            let alternatives = node.kind == .union ? Array(self.members(node)) : [part.id]
            for id in alternatives {
                if nodes[Int(id)].kind == .bytes {
                    set = set.union(sets[Int(nodes[Int(id)].a)])
                } else {
                    members.append(id)
                }
            }
        }
        if !set.isEmpty { members.append(bytes(set).id) }
        spend(members.count)
        members.sort()
        members.removeDuplicatesOfSorted()
        if members.contains(Expression.empty.id), members.contains(where: { $0 != 1 && nodes[Int($0)].isNullable }) {
            members.removeAll { $0 == Expression.empty.id }
        }
        return make(.union, of: members, absorbing: .nothing)
    }

    mutating func intersection(_ first: Expression, _ second: Expression) -> Expression {
        if first == second || second == .everything { return first }
        if first == .everything { return second }
        return intersection([first, second])
    }

    mutating func intersection(_ parts: [Expression]) -> Expression {
        var members: [UInt32] = []
        for part in parts where part != .everything {
            let node = self[part]
            if node.kind == .nothing { return .nothing }
            if node.kind == .intersection {
                members.append(contentsOf: self.members(node))
            } else {
                members.append(part.id)
            }
        }
        spend(members.count)
        members.sort()
        members.removeDuplicatesOfSorted()
        let sets = members.filter { nodes[Int($0)].kind == .bytes }
        if sets.count > 1 {
            var common = ByteSet.all
            for id in sets { common = common.intersection(self.sets[Int(nodes[Int(id)].a)]) }
            members.removeAll { nodes[Int($0)].kind == .bytes }
            members.append(bytes(common).id)
            members.sort()
        }
        if members.contains(Expression.nothing.id) { return .nothing }
        if members.contains(Expression.empty.id) {
            return members.allSatisfy { nodes[Int($0)].isNullable } ? .empty : .nothing
        }
        for id in members where nodes[Int(id)].kind == .complement {
            if members.contains(nodes[Int(id)].a) { return .nothing }
        }
        return make(.intersection, of: members, absorbing: .everything)
    }

    mutating func complement(_ expression: Expression) -> Expression {
        let node = self[expression]
        switch node.kind {
        case .nothing: return .everything
        case .everything: return .nothing
        case .complement: return Expression(id: node.a)
        default:
            return make(
                .complement, expression.id, isNullable: !node.isNullable, isConditional: true, depth: node.depth &+ 1,
                hash: node.fingerprint, exact: UInt64(expression.id))
        }
    }

    /// `first` without what `second` matches.
    mutating func difference(_ first: Expression, _ second: Expression) -> Expression {
        if second == .nothing { return first }
        let other = complement(second)
        return intersection(first, other)
    }

    /// - Parameter most: The most times, or nil for any number.
    mutating func repetition(_ expression: Expression, _ least: Int, _ most: Int?) -> Expression {
        let most = most.map { UInt32(clamping: min($0, Int(Self.unlimited) - 1)) } ?? Self.unlimited
        return repetition(expression, UInt32(clamping: least), most)
    }

    mutating func repetition(_ expression: Expression, _ least: UInt32, _ most: UInt32) -> Expression {
        if least > most { return .nothing }
        if most == 0 || expression == .empty { return .empty }
        if expression == .nothing { return least == 0 ? .empty : .nothing }
        if least == 1, most == 1 { return expression }
        let node = self[expression]
        if node.kind == .repetition, node.b == 0, node.c == Self.unlimited { return expression }
        let least = node.isNullable ? 0 : least
        // Counts are told apart only as far as a token can.
        let clampedMost = most == Self.unlimited || most > longestToken ? Self.unlimited : most
        let clampedLeast = min(least, longestToken + 1)
        return make(
            .repetition, expression.id, least, most, isNullable: least == 0, isConditional: node.isConditional,
            depth: node.depth &+ 1,
            hash: mix(node.fingerprint, UInt64(clampedLeast) << 32 | UInt64(clampedMost)),
            exact: mix(UInt64(expression.id), UInt64(least) << 32 | UInt64(most)))
    }

    mutating func optional(_ expression: Expression) -> Expression { union(.empty, expression) }

    /// Digits whose value meets `condition`.
    mutating func decimal(_ condition: DecimalCondition) -> Expression {
        var number = conditions.firstIndex(of: condition).map { UInt32($0) }
        if number == nil {
            number = UInt32(conditions.count)
            conditions.append(condition)
            for byte in UInt8(ascii: "0")...UInt8(ascii: "9") { classes.separate(byte) }
            classes.separate(UInt8(ascii: "."))
        }
        guard let number else { return .nothing }
        return decimal(number, condition.start)
    }

    /// The condition numbered `number` in `state`.
    mutating func decimal(_ number: UInt32, _ state: DecimalCondition.State) -> Expression {
        switch state {
        case .always: return .everything
        case .never: return .nothing
        case .at(let b, let c):
            let condition = conditions[Int(number)]
            return make(
                .comparison, number, b, c, isNullable: condition.accepts(b, c), isConditional: true,
                hash: mix(condition.fingerprint, UInt64(b) << 32 | UInt64(c)))
        }
    }

    // MARK: The pool

    private mutating func make(_ kind: Kind, of members: [UInt32], absorbing neutral: Expression) -> Expression {
        guard members.count > 1 else { return members.first.map { Expression(id: $0) } ?? neutral }
        var exact: UInt64 = 3
        var fingerprint: UInt64 = 3
        var nullable = kind == .intersection
        var conditional = kind == .intersection
        var depth: UInt16 = 1
        for id in members {
            let node = nodes[Int(id)]
            exact = mix(exact, UInt64(id))
            // Summed, since the order of members is that of their making.
            fingerprint = fingerprint &+ mix(node.fingerprint, 29)
            nullable = kind == .union ? nullable || node.isNullable : nullable && node.isNullable
            conditional = conditional || node.isConditional
            depth = max(depth, node.depth)
        }
        let key = mix(exact, UInt64(kind.rawValue) &+ 1000)
        if let known = index[key] { return Expression(id: known) }
        let start = children.count
        children.append(contentsOf: members)
        return add(
            Node(
                kind: kind, isNullable: nullable, isConditional: conditional, depth: depth &+ 1, a: UInt32(start),
                b: UInt32(members.count), c: 0, fingerprint: mix(fingerprint, UInt64(kind.rawValue))), key: key)
    }

    private mutating func make(
        _ kind: Kind, _ a: UInt32, _ b: UInt32 = 0, _ c: UInt32 = 0, isNullable: Bool = false,
        isConditional: Bool = false, depth: UInt16 = 1, hash: UInt64, exact: UInt64? = nil
    ) -> Expression {
        let key = mix(exact ?? hash, UInt64(kind.rawValue) &+ 1000)
        if let known = index[key] { return Expression(id: known) }
        return add(
            Node(
                kind: kind, isNullable: isNullable, isConditional: isConditional, depth: depth, a: a, b: b, c: c,
                fingerprint: mix(hash, UInt64(kind.rawValue))), key: key)
    }

    private mutating func add(_ node: Node, key: UInt64) -> Expression {
        guard nodes.count < Self.largestCount else {
            overflow("it takes more than \(Self.largestCount) expressions")
            return .nothing
        }
        guard node.depth <= Self.largestDepth else {
            overflow("an expression is nested deeper than \(Self.largestDepth)")
            return .nothing
        }
        let id = UInt32(nodes.count)
        nodes.append(node)
        index[key] = id
        return Expression(id: id)
    }

    private func hash(of set: ByteSet) -> UInt64 {
        mix(mix(set.words.x, set.words.y), mix(set.words.z, set.words.w))
    }
}

/// Different in each run, so that nobody can prepare two expressions that are taken for one.
private let seed = UInt64.random(in: .min ... .max) | 1

/// Two values as one, well mixed (the finalizer of MurmurHash3 over a multiplied pair).
@inline(__always)
func mix(_ first: UInt64, _ second: UInt64) -> UInt64 {
    var value = (first &+ seed) &* 0x9E37_79B9_7F4A_7C15 ^ (second &+ 0x2545_F491_4F6C_DD1D &* seed)
    value ^= value >> 32
    value = value &* 0xFF51_AFD7_ED55_8CCD
    value ^= value >> 33
    value = value &* 0xC4CE_B9FE_1A85_EC53
    return value ^ value >> 29
}

extension Array where Element: Equatable {
    mutating func removeDuplicatesOfSorted() {
        guard count > 1 else { return }
        var end = 1
        for position in 1..<count where self[position] != self[end - 1] {
            self[end] = self[position]
            end += 1
        }
        removeSubrange(end...)
    }
}
