extension Evaluator {
    func evaluate(_ expression: Expression) throws(TemplateError) -> Value {
        try spend()
        switch expression {
        case .none: return .none
        case .bool(let value): return .bool(value)
        case .integer(let value): return .integer(value)
        case .number(let value): return .number(value)
        case .string(let text): return .string(text)
        case .name(let name): return value(of: name)
        default:
            try checkStack()
            return try evaluateComposite(expression)
        }
    }

    private func evaluateComposite(_ expression: Expression) throws(TemplateError) -> Value {
        switch expression {
        case .postfix(let base, let links): return try apply(links, to: try evaluate(base))
        case .list(let elements): return try checked(.list(try evaluate(elements)))
        case .tuple(let elements): return try checked(.tuple(try evaluate(elements)))
        case .dictionary(let members): return try evaluate(members)
        case .not(let operand): return .bool(try !defined(try evaluate(operand)).isTrue)
        case .and(let operands): return try evaluate(operands, until: false)
        case .or(let operands): return try evaluate(operands, until: true)
        case .negative(let operand): return try negate(try evaluate(operand))
        case .positive(let operand): return try identity(try evaluate(operand))
        case .arithmetic(let first, let rest): return try evaluate(first, rest)
        case .comparison(let first, let rest): return .bool(try evaluate(first, rest))
        case .concatenation(let operands): return try concatenate(operands)
        case .conditional(let test, let then, let otherwise):
            if try defined(try evaluate(test)).isTrue { return try evaluate(then) }
            guard let otherwise else {
                return .undefined("the inline if-expression evaluated to false and no else section was defined")
            }
            return try evaluate(otherwise)
        case .none, .bool, .integer, .number, .string, .name: return .none
        }
    }

    private func value(of name: Name) -> Value {
        if let value = scope.value(of: name.id) { return value }
        if let function = GlobalFunction(rawValue: name.text) {
            let value = Value.function(Function(.global(function), name: name.text))
            root.set(name.id, to: value)
            return value
        }
        return .undefined("'\(name.text)' is undefined")
    }

    private func evaluate(_ elements: [Expression]) throws(TemplateError) -> [Value] {
        var values: [Value] = []
        values.reserveCapacity(elements.count)
        for element in elements { values.append(try evaluate(element)) }
        return values
    }

    private func evaluate(_ members: [(key: Expression, value: Expression)]) throws(TemplateError) -> Value {
        var result = Mapping.Members()
        for member in members {
            let key = try key(try evaluate(member.key))
            result[key] = try evaluate(member.value)
        }
        return try checked(.dictionary(Mapping(result)))
    }

    /// The value as a key of a dictionary.
    func key(_ value: Value) throws(TemplateError) -> MappingKey {
        try spend(on: value)
        guard let key = MappingKey(value) else {
            throw .operation("a \(value.typeName) cannot be a key of a dictionary")
        }
        return key
    }

    private func evaluate(_ operands: [Expression], until outcome: Bool) throws(TemplateError) -> Value {
        var value = Value.none
        for operand in operands {
            value = try evaluate(operand)
            if try defined(value).isTrue == outcome { break }
        }
        return value
    }

    private func concatenate(_ operands: [Expression]) throws(TemplateError) -> Value {
        var text = MarkedText("")
        for operand in operands {
            text.append(try marked(try evaluate(operand)))
            try reserve(bytes: text.text.utf8.count)
        }
        return .string(text)
    }

    private func evaluate(
        _ first: Expression, _ rest: [(operation: ArithmeticOperator, operand: Expression)]
    ) throws(TemplateError) -> Value {
        var value = try evaluate(first)
        for (operation, operand) in rest { value = try calculate(value, operation, try evaluate(operand)) }
        return value
    }

    private func evaluate(
        _ first: Expression, _ rest: [(operation: ComparisonOperator, operand: Expression)]
    ) throws(TemplateError) -> Bool {
        var left = try evaluate(first)
        for (operation, operand) in rest {
            let right = try evaluate(operand)
            guard try compare(left, operation, right) else { return false }
            left = right
        }
        return true
    }

    func compare(_ left: Value, _ operation: ComparisonOperator, _ right: Value) throws(TemplateError) -> Bool {
        switch operation {
        case .equal: return try equal(left, right)
        case .notEqual: return try !equal(left, right)
        case .isIn: return try contains(right, left)
        case .isNotIn: return try !contains(right, left)
        case .less, .lessOrEqual, .greater, .greaterOrEqual:
            let order = try order(left, right, for: operation.rawValue)
            guard let order else { return false }
            return switch operation {
            case .less: order < 0
            case .lessOrEqual: order <= 0
            case .greater: order > 0
            default: order >= 0
            }
        }
    }

    func equal(_ left: Value, _ right: Value) throws(TemplateError) -> Bool {
        try spend(min(left.extent.size, right.extent.size))
        return left.equals(right)
    }

    /// Which value comes first, as a sign; nil if one is not a number.
    func order(_ left: Value, _ right: Value, for operation: String) throws(TemplateError) -> Int? {
        for case .undefined(let reason) in [left, right] { throw .undefined(reason) }
        try spend(min(left.extent.size, right.extent.size))
        if left.double?.isNaN == true || right.double?.isNaN == true { return nil }
        guard let order = left.compare(right) else {
            throw .operation(
                "'\(operation)' does not compare a \(left.typeName) with a \(right.typeName)")
        }
        return order
    }

    /// Python's `item in container`.
    func contains(_ container: Value, _ item: Value) throws(TemplateError) -> Bool {
        if let text = container.text {
            if case .undefined(let reason) = item { throw .undefined(reason) }
            guard let part = item.text else {
                throw .operation("'in' looks for a string in a string, not for a \(item.typeName)")
            }
            try spend(text.utf8.count / 16 + 1)
            return text.firstRange(of: part) != nil
        }
        switch container {
        case .dictionary(let mapping): return mapping.members[try key(item)] != nil
        default:
            for element in try iterate(container) where try equal(element, item) { return true }
            return false
        }
    }
}
