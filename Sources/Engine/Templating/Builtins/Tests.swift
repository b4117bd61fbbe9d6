extension Evaluator {
    /// `value is name(arguments)`.
    func apply(test name: String, to value: Value, _ arguments: Arguments) throws(TemplateError) -> Bool {
        if let operation = Self.comparisonTests[name] {
            return try compare(value, operation, try operand(arguments, of: name))
        }
        switch name {
        case "divisibleby":
            let divisor = try operand(arguments, of: name)
            return try calculate(value, .modulo, divisor).equals(.integer(0))
        case "sameas": return Self.isSame(value, try operand(arguments, of: name))
        case "filter", "test":
            guard arguments.positional.isEmpty, let text = value.text else { return false }
            return name == "filter" ? Self.filters[text] != nil : Self.isTest(text)
        default: break
        }
        guard let test = Self.plainTests[name] else {
            throw .operation("there is no test named '\(name)'")
        }
        guard arguments.positional.isEmpty, arguments.keyword.isEmpty else {
            throw .operation("the test '\(name)' takes no arguments")
        }
        return try test(value)
    }

    private func operand(_ arguments: Arguments, of name: String) throws(TemplateError) -> Value {
        guard arguments.positional.count == 1, arguments.keyword.isEmpty else {
            throw .operation("the test '\(name)' takes one argument")
        }
        return arguments.positional[0]
    }

    private static func isTest(_ name: String) -> Bool {
        plainTests[name] != nil || comparisonTests[name] != nil
            || ["divisibleby", "sameas", "filter", "test"].contains(name)
    }

    private static let comparisonTests: [String: ComparisonOperator] = [
        "eq": .equal, "equalto": .equal, "==": .equal, "ne": .notEqual, "!=": .notEqual, "lt": .less,
        "lessthan": .less, "<": .less, "le": .lessOrEqual, "<=": .lessOrEqual, "gt": .greater,
        "greaterthan": .greater, ">": .greater, "ge": .greaterOrEqual, ">=": .greaterOrEqual, "in": .isIn,
    ]

    private static let plainTests: [String: @Sendable (Value) throws(TemplateError) -> Bool] = [
        "defined": { !$0.isUndefined },
        "undefined": { $0.isUndefined },
        "none": { if case .none = $0 { true } else { false } },
        "boolean": { if case .bool = $0 { true } else { false } },
        "true": { if case .bool(true) = $0 { true } else { false } },
        "false": { if case .bool(false) = $0 { true } else { false } },
        "integer": { if case .integer = $0 { true } else { false } },
        "float": { if case .number = $0 { true } else { false } },
        "number": { $0.double != nil },
        "string": { $0.text != nil },
        "mapping": { if case .dictionary = $0 { true } else { false } },
        "iterable": { $0.isIterable },
        "sequence": { $0.isSequence },
        "callable": { if case .function = $0 { true } else if case .loop = $0 { true } else { false } },
        "escaped": { if case .markup = $0 { true } else { false } },
        "odd": { value throws(TemplateError) in try value.parity() == 1 },
        "even": { value throws(TemplateError) in try value.parity() == 0 },
        "lower": { value in value.printed.isCased(as: value.printed.pythonLowercased) },
        "upper": { value in value.printed.isCased(as: value.printed.pythonUppercased) },
    ]

    /// Python's `is`: the same object, or equal values that Python keeps one object of.
    private static func isSame(_ left: Value, _ right: Value) -> Bool {
        switch (left, right) {
        case (.none, .none): true
        case (.bool(let left), .bool(let right)): left == right
        case (.integer(let left), .integer(let right)): left == right
        case (.string(let left), .string(let right)): left.text.isIdentical(to: right.text)
        case (.list(let left), .list(let right)), (.tuple(let left), .tuple(let right)): left === right
        case (.dictionary(let left), .dictionary(let right)): left === right
        case (.range(let left), .range(let right)): left === right
        case (.iterator(let left), .iterator(let right)): left === right
        case (.namespace(let left), .namespace(let right)): left === right
        case (.function(let left), .function(let right)): left === right
        default: false
        }
    }
}

extension Value {
    fileprivate var isIterable: Bool {
        switch self {
        case .none, .bool, .integer, .number, .namespace, .function: false
        default: true
        }
    }

    fileprivate var isSequence: Bool {
        switch self {
        case .undefined, .string, .markup, .list, .tuple, .dictionary, .range: true
        default: false
        }
    }

    fileprivate func parity() throws(TemplateError) -> Int {
        guard let number = double else { throw .operation("'%' does not combine a \(typeName) with a int") }
        guard let integer else { return number.truncatingRemainder(dividingBy: 2) == 0 ? 0 : 1 }
        return abs(integer % 2)
    }
}
