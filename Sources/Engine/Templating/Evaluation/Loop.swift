/// The state of a loop, which templates see as `loop`.
final class Loop {
    let definition: ForLoop
    /// The scope around the loop, where a recursive call runs it again.
    let scope: Scope
    let depth0: Int
    private(set) var index0 = -1
    private(set) var previous: Value?
    private(set) var current: Value?
    var lastChanged: [Value]?
    private var pending: ArraySlice<Value>
    /// Elements that were looked at early, already past the loop's condition.
    private var accepted: ArraySlice<Value> = []
    private var condition: ((Value) throws(TemplateError) -> Bool)?

    init(
        _ definition: ForLoop, over items: [Value], in scope: Scope, depth0: Int,
        condition: ((Value) throws(TemplateError) -> Bool)?
    ) {
        self.definition = definition
        self.scope = scope
        self.depth0 = depth0
        self.condition = condition
        pending = items[...]
    }

    /// The elements known to be part of the loop without testing any more of them.
    var knownCount: Int { index0 + 1 + accepted.count + (condition == nil ? pending.count : 0) }

    /// Moves to the next element; nil at the end.
    func advance() throws(TemplateError) -> Value? {
        guard let next = try peek() else { return nil }
        _ = accepted.popFirst()
        index0 += 1
        previous = current
        current = next
        return next
    }

    /// The next element. Conditions are tested no earlier than needed: they may depend on what the body does.
    func peek() throws(TemplateError) -> Value? {
        if accepted.isEmpty { _ = try acceptOne() }
        return accepted.first
    }

    /// The number of elements, which tests the condition of all of them.
    func count() throws(TemplateError) -> Int {
        if condition == nil { return knownCount }
        while try acceptOne() {}
        return index0 + 1 + accepted.count
    }

    private func acceptOne() throws(TemplateError) -> Bool {
        while let item = pending.popFirst() {
            guard let condition else {
                accepted.append(item)
                return true
            }
            if try condition(item) {
                accepted.append(item)
                return true
            }
        }
        return false
    }

    /// Lets go of the condition, which refers to the evaluator.
    func finish() { condition = nil }
}

extension Evaluator {
    func execute(_ definition: ForLoop) throws(TemplateError) {
        try execute(definition, over: try evaluate(definition.sequence), depth0: 0)
    }

    private func execute(_ definition: ForLoop, over sequence: Value, depth0: Int) throws(TemplateError) {
        let outer = scope
        let items = try iterate(sequence)
        var condition: ((Value) throws(TemplateError) -> Bool)?
        if let test = definition.condition {
            condition = { [unowned self] (item: Value) throws(TemplateError) -> Bool in
                try self.spend()
                return try self.scoped(in: outer) { () throws(TemplateError) in
                    try self.assign(item, to: definition.target)
                    return try self.defined(try self.evaluate(test)).isTrue
                }
            }
        }
        let loop = Loop(definition, over: items, in: outer, depth0: depth0, condition: condition)
        defer { loop.finish() }
        while let item = try loop.advance() {
            try spend()
            let flow = try scoped(in: outer) { () throws(TemplateError) in
                scope.set(WellKnownName.loop.rawValue, to: .loop(loop))
                try assign(item, to: definition.target)
                return try execute(definition.body)
            }
            if flow == .breakLoop { break }
        }
        if loop.index0 < 0, !definition.otherwise.isEmpty {
            _ = try scoped(in: outer) { () throws(TemplateError) in try execute(definition.otherwise) }
        }
    }

    /// `loop(items)`: the text of the loop over `items`, one level deeper.
    func recurse(_ loop: Loop, _ arguments: Arguments) throws(TemplateError) -> Value {
        let sequence = try arguments.bound(to: ["iterable"], required: 1, of: "loop")[0] ?? .none
        guard loop.definition.isRecursive else {
            throw .operation("the loop cannot be called", remedy: "end its tag with 'recursive'")
        }
        let saved = scope
        scope = loop.scope
        defer { scope = saved }
        return .string(
            try captured { () throws(TemplateError) in
                try execute(loop.definition, over: sequence, depth0: loop.depth0 + 1)
            })
    }

    /// `loop.name`, or nil if loops have no such attribute.
    func attribute(_ name: String, of loop: Loop) throws(TemplateError) -> Value? {
        switch name {
        case "index0": return .integer(loop.index0)
        case "index": return .integer(loop.index0 + 1)
        case "first": return .bool(loop.index0 == 0)
        case "last": return .bool(try loop.peek() == nil)
        case "length": return .integer(try loop.count())
        case "revindex": return .integer(try loop.count() - loop.index0)
        case "revindex0": return .integer(try loop.count() - loop.index0 - 1)
        case "depth": return .integer(loop.depth0 + 1)
        case "depth0": return .integer(loop.depth0)
        case "previtem": return loop.previous ?? .undefined("there is no previous item")
        case "nextitem": return try loop.peek() ?? .undefined("there is no next item")
        case "cycle", "changed": return .function(Function(.method(name, of: .loop(loop)), name: name))
        default: return nil
        }
    }

    func callMethod(_ name: String, of loop: Loop, _ arguments: Arguments) throws(TemplateError) -> Value {
        let values = arguments.positional
        if name == "cycle" {
            guard !values.isEmpty else { throw .operation("loop.cycle has no items to cycle through") }
            return values[max(loop.index0, 0) % values.count]
        }
        for value in values { try spend(on: value) }
        if let last = loop.lastChanged, Value.list(last).equals(.list(values)) { return .bool(false) }
        loop.lastChanged = values
        return .bool(true)
    }
}
