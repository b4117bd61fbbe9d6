extension Expressions {
    /// A shortest text that `expression` matches; nil where it matches nothing, or where finding one takes too long.
    mutating func shortestText(_ expression: Expression) -> [UInt8]? {
        var text: [UInt8] = []
        // Long texts are chains of concatenations: what is left of them is followed here, not by calls within calls.
        var rest = expression
        while true {
            let node = self[rest]
            if node.isNullable { return text }
            guard node.kind == .concatenation else {
                guard let end = shortestPart(rest) else { return nil }
                return text + end
            }
            guard let part = shortestPart(Expression(id: node.a)) else { return nil }
            text += part
            rest = Expression(id: node.b)
        }
    }

    private mutating func shortestPart(_ expression: Expression) -> [UInt8]? {
        let node = self[expression]
        if node.isNullable { return [] }
        switch node.kind {
        case .nothing: return nil
        case .empty, .everything: return []
        case .bytes: return Self.preferredBytes.first(where: sets[Int(node.a)].contains).map { [$0] }
        case .literal: return Array(literals[Int(node.a)..<Int(node.a + node.b)])
        case .concatenation: return shortestText(expression)
        case .union:
            var shortest: [UInt8]?
            for id in members(node) {
                guard let text = shortestText(Expression(id: id)) else { continue }
                if shortest.map({ text.count < $0.count }) ?? true { shortest = text }
            }
            return shortest
        case .repetition:
            guard let text = shortestText(Expression(id: node.a)), text.count * Int(node.b) <= Self.longestText else {
                return nil
            }
            return Array(repeatElement(text, count: Int(node.b)).joined())
        case .intersection, .complement, .remainder, .comparison: return searchShortest(expression)
        }
    }

    /// Follows all derivatives side by side until one may end.
    private mutating func searchShortest(_ expression: Expression) -> [UInt8]? {
        var origins: [UInt32: (from: UInt32, byte: UInt8)] = [:]
        var queue = [expression]
        var known: Set<UInt32> = [expression.id]
        var position = 0
        let bytes = classes.representatives(preferring: Self.preferredBytes)
        while position < queue.count, overflow == nil, queue.count <= Self.largestSearch {
            let current = queue[position]
            position += 1
            let first = firstBytes(current)
            for byte in bytes where first.contains(byte) {
                let next = derivative(current, byte)
                guard next != .nothing, known.insert(next.id).inserted else { continue }
                origins[next.id] = (current.id, byte)
                if isNullable(next) { return Self.path(to: next.id, origins) }
                queue.append(next)
            }
        }
        return nil
    }

    private static func path(to end: UInt32, _ origins: [UInt32: (from: UInt32, byte: UInt8)]) -> [UInt8] {
        var text: [UInt8] = []
        var id = end
        while let origin = origins[id] {
            text.append(origin.byte)
            id = origin.from
        }
        return text.reversed()
    }

    /// The longest text that is made up.
    private static var longestText: Int { 1 << 20 }

    /// All bytes, those first that people would choose.
    static let preferredBytes: [UInt8] =
        Array("a0".utf8) + Array("bcdefghijklmnopqrstuvwxyz123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ _-.".utf8)
        + (UInt8(0)...255).filter { byte in
            !"abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ _-.".utf8.contains(byte)
        }
}
