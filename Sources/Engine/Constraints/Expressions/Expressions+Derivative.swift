extension Expressions {
    /// What may follow `byte` in the texts that `expression` matches.
    mutating func derivative(_ expression: Expression, _ byte: UInt8) -> Expression {
        let node = self[expression]
        switch node.kind {
        case .nothing, .empty: return .nothing
        case .everything: return .everything
        case .bytes: return sets[Int(node.a)].contains(byte) ? .empty : .nothing
        case .literal:
            return literals[Int(node.a)] == byte ? literal(at: node.a + 1, count: node.b - 1) : .nothing
        case .remainder, .comparison:
            return decimal(node.a, conditions[Int(node.a)].next(node.b, node.c, byte))
        case .concatenation, .union, .intersection, .complement, .repetition: break
        }
        if !node.isConditional, !firstBytes(expression).contains(byte) { return .nothing }
        let key = UInt64(expression.id) << 8 | UInt64(byte)
        if let known = derivatives[key] { return Expression(id: known) }
        spend(1)
        guard overflow == nil else { return .nothing }
        let result = computeDerivative(node, byte)
        if overflow == nil { derivatives[key] = result.id }
        return result
    }

    private mutating func computeDerivative(_ node: Node, _ byte: UInt8) -> Expression {
        switch node.kind {
        case .concatenation:
            let first = derivative(Expression(id: node.a), byte)
            let left = concatenation(first, Expression(id: node.b))
            guard isNullable(Expression(id: node.a)) else { return left }
            return union(left, derivative(Expression(id: node.b), byte))
        case .union:
            var parts: [Expression] = []
            for id in members(node) {
                let part = derivative(Expression(id: id), byte)
                if part != .nothing { parts.append(part) }
            }
            return parts.count == 1 ? parts[0] : union(parts)
        case .intersection:
            var parts: [Expression] = []
            for id in members(node) {
                let part = derivative(Expression(id: id), byte)
                if part == .nothing { return .nothing }
                parts.append(part)
            }
            return intersection(parts)
        case .complement: return complement(derivative(Expression(id: node.a), byte))
        case .repetition:
            let first = derivative(Expression(id: node.a), byte)
            let most = node.c == Self.unlimited ? node.c : node.c - 1
            let rest = repetition(Expression(id: node.a), node.b == 0 ? 0 : node.b - 1, most)
            return concatenation(first, rest)
        default: return .nothing
        }
    }

    /// The bytes that texts of `expression` may begin with; maybe more where it is conditional.
    mutating func firstBytes(_ expression: Expression) -> ByteSet {
        let node = self[expression]
        switch node.kind {
        case .nothing, .empty: return ByteSet()
        case .everything, .complement, .remainder: return .all
        case .comparison: return .decimal
        case .bytes: return sets[Int(node.a)]
        case .literal: return ByteSet(CollectionOfOne(literals[Int(node.a)]))
        case .concatenation, .union, .intersection, .repetition: break
        }
        if let known = firsts[expression.id] { return known }
        var result: ByteSet
        switch node.kind {
        case .concatenation:
            result = firstBytes(Expression(id: node.a))
            if isNullable(Expression(id: node.a)) { result = result.union(firstBytes(Expression(id: node.b))) }
        case .union:
            result = ByteSet()
            for id in members(node) { result = result.union(firstBytes(Expression(id: id))) }
        case .intersection:
            result = .all
            for id in members(node) { result = result.intersection(firstBytes(Expression(id: id))) }
        default: result = firstBytes(Expression(id: node.a))
        }
        firsts[expression.id] = result
        return result
    }

    /// Whether `expression` matches any text at all.
    ///
    /// Conditional ones are explored until an end is found. Where that takes more than `largestSearch` expressions, the
    /// pool overflows.
    mutating func isLive(_ expression: Expression) -> Bool {
        let node = self[expression]
        if !node.isConditional { return expression != .nothing }
        if node.isNullable { return true }
        if let known = liveness[expression.id] { return known }
        var parents: [UInt32: UInt32] = [expression.id: expression.id]
        var queue = [expression.id]
        var position = 0
        let representatives = classes.representatives
        while position < queue.count, overflow == nil {
            let current = queue[position]
            position += 1
            let first = firstBytes(Expression(id: current))
            for byte in representatives where first.contains(byte) {
                let next = derivative(Expression(id: current), byte)
                guard next != .nothing, parents[next.id] == nil else { continue }
                if liveness[next.id] == false { continue }
                parents[next.id] = current
                if liveness[next.id] == true || isNullable(next) || !self[next].isConditional {
                    markLive(from: next.id, parents)
                    return true
                }
                queue.append(next.id)
            }
            if queue.count > Self.largestSearch { overflow("a combination of patterns has too many states") }
        }
        if overflow == nil { for id in queue { liveness[id] = false } }
        return false
    }

    static var largestSearch: Int { 6000 }

    private mutating func markLive(from end: UInt32, _ parents: [UInt32: UInt32]) {
        var id = end
        liveness[id] = true
        while let parent = parents[id], parent != id {
            liveness[parent] = true
            id = parent
        }
    }
}

extension ByteSet {
    static let decimal = ByteSet(UInt8(ascii: "0")...UInt8(ascii: "9")).union(
        ByteSet(CollectionOfOne(UInt8(ascii: "."))))
}

extension Expressions {
    /// All texts that `expression` matches, if they are at most `limit`; nil if there are more.
    mutating func texts(of expression: Expression, atMost limit: Int) -> [[UInt8]]? {
        var found: [[UInt8]] = []
        var stack: [(Expression, [UInt8])] = [(expression, [])]
        var steps = 0
        while let (current, text) = stack.popLast() {
            if isNullable(current) { found.append(text) }
            steps += 1
            if found.count > limit || text.count > 1000 || steps > 20_000 { return nil }
            for byte in firstBytes(current).bytes {
                let next = derivative(current, byte)
                if isLive(next) { stack.append((next, text + [byte])) }
            }
            if stack.count > 20_000 { return nil }
        }
        return found
    }
}
