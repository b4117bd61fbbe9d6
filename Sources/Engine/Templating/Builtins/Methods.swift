extension Evaluator {
    private static let mappingMethods: Set<String> = ["get", "items", "keys", "values", "copy"]
    private static let listMethods: Set<String> = ["count", "index", "copy"]
    private static let tupleMethods: Set<String> = ["count", "index"]
    /// Methods of strings that know which part of a text came from where.
    private static let methodsThatKeepMarks: Set<String> = [
        "format", "join", "lstrip", "partition", "removeprefix", "removesuffix", "replace", "rpartition", "rsplit",
        "rstrip",
        "split", "strip",
    ]
    private static let mappingChanges: Set<String> = ["clear", "pop", "popitem", "setdefault", "update"]
    private static let listChanges: Set<String> = [
        "append", "clear", "extend", "insert", "pop", "remove", "reverse", "sort",
    ]

    /// The names of a value's methods.
    static func methods(of value: Value) -> Set<String> {
        switch value {
        case .string, .markup: stringMethods
        case .dictionary: mappingMethods
        case .list: listMethods
        case .tuple, .range: tupleMethods
        case .number: ["is_integer"]
        default: []
        }
    }

    /// The names of methods that would change a value, which the sandbox forbids.
    static func mutatingMethods(of value: Value) -> Set<String> {
        switch value {
        case .dictionary: mappingChanges
        case .list: listChanges
        default: []
        }
    }

    /// `receiver.name(arguments)`.
    func callMethod(_ name: String, of receiver: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        switch receiver {
        case .string(let text), .markup(let text):
            let result = try callMethod(name, of: text, arguments)
            let keepsMarks = Self.methodsThatKeepMarks.contains(name) || !text.hasInput && !arguments.hasInput
            return keepsMarks ? result : result.asInput
        case .dictionary(let mapping): return try callMethod(name, of: mapping, receiver, arguments)
        case .loop(let loop): return try callMethod(name, of: loop, arguments)
        case .list, .tuple, .range: return try callMethod(name, ofSequence: receiver, arguments)
        case .number(let number): return .bool(number.rounded() == number && number.isFinite)
        case .function(let function):
            // A cycler: its position is kept below the number of its items.
            let current = function.items[function.position]
            function.position = name == "reset" ? 0 : (function.position + 1) % function.items.count
            return name == "reset" ? .none : current
        default: throw .operation("a \(receiver.typeName) has no method '\(name)'")
        }
    }

    private func callMethod(
        _ name: String, of mapping: Mapping, _ receiver: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        if name == "get" {
            let given = try arguments.bound(to: ["key", "default"], required: 1, of: name)
            return mapping.members[try key(given[0] ?? .none)] ?? given[1] ?? .none
        }
        _ = try arguments.bound(to: [], of: name)
        try spend(mapping.members.count / 8)
        switch name {
        case "items": return .iterator(ValueIterator(.items, mapping.pairs))
        case "keys": return .iterator(ValueIterator(.keys, mapping.members.keys.map(\.value)))
        case "values": return .iterator(ValueIterator(.values, Array(mapping.members.values)))
        default: return receiver
        }
    }

    private func callMethod(
        _ name: String, ofSequence receiver: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        if name == "copy" { return receiver }
        let given = try arguments.bound(to: ["value", "start", "stop"], required: 1, of: name)
        let wanted = given[0] ?? .none
        let items = try iterate(receiver)
        func clamp(_ bound: Int) -> Int { min(max(bound < 0 ? bound + items.count : bound, 0), items.count) }
        let start = clamp(given[1]?.integer ?? 0)
        let stop = max(start, clamp(given[2]?.integer ?? items.count))
        var count = 0
        for index in start..<stop where try equal(items[index], wanted) {
            if name == "index" { return .integer(index) }
            count += 1
        }
        if name == "index" { throw .operation("index does not find the value") }
        return .integer(count)
    }
}
