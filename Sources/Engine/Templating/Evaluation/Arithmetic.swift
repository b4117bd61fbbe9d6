import Platform

extension Evaluator {
    /// `left operation right`, as Python calculates.
    func calculate(
        _ left: Value, _ operation: ArithmeticOperator, _ right: Value
    ) throws(TemplateError) -> Value {
        for case .undefined(let reason) in [left, right] { throw .undefined(reason) }
        if let first = left.integer, let second = right.integer { return try calculate(first, operation, second) }
        if let first = left.double, let second = right.double { return try calculate(first, operation, second) }
        switch operation {
        case .add: if let sum = try join(left, right) { return sum }
        case .multiply:
            if let count = right.integer, let product = try multiply(left, by: count) { return product }
            if let count = left.integer, let product = try multiply(right, by: count) { return product }
        case .modulo: if let text = left.marked { return .string(try formatPercent(text, with: right)) }
        default: break
        }
        throw .operation("'\(operation.rawValue)' does not combine a \(left.typeName) with a \(right.typeName)")
    }

    private func calculate(
        _ left: Int, _ operation: ArithmeticOperator, _ right: Int
    ) throws(TemplateError) -> Value {
        let result: (partialValue: Int, overflow: Bool)
        switch operation {
        case .add: result = left.addingReportingOverflow(right)
        case .subtract: result = left.subtractingReportingOverflow(right)
        case .multiply: result = left.multipliedReportingOverflow(by: right)
        case .power:
            if right < 0 { return try calculate(Double(left), operation, Double(right)) }
            result = left.raised(to: right)
        case .divide:
            guard right != 0 else { throw .operation("division by zero") }
            return .number(Double(left) / Double(right))
        case .floorDivide:
            guard right != 0 else { throw .operation("division by zero") }
            result = left.dividedReportingOverflow(by: right)
            let isRoundedUp = !result.overflow && result.partialValue * right != left && (left < 0) != (right < 0)
            if isRoundedUp { return .integer(result.partialValue - 1) }
        case .modulo:
            guard right != 0 else { throw .operation("division by zero") }
            let remainder = left.remainderReportingOverflow(dividingBy: right).partialValue
            return .integer(remainder != 0 && (remainder < 0) != (right < 0) ? remainder + right : remainder)
        }
        guard !result.overflow else {
            throw .operation("\(left) \(operation.rawValue) \(right) is too large", remedy: "integers have 64 bits")
        }
        return .integer(result.partialValue)
    }

    private func calculate(
        _ left: Double, _ operation: ArithmeticOperator, _ right: Double
    ) throws(TemplateError) -> Value {
        switch operation {
        case .add: return .number(left + right)
        case .subtract: return .number(left - right)
        case .multiply: return .number(left * right)
        case .divide, .floorDivide, .modulo:
            guard right != 0 else { throw .operation("division by zero") }
            if operation == .divide { return .number(left / right) }
            var remainder = left.truncatingRemainder(dividingBy: right)
            var quotient = (left - remainder) / right
            if remainder != 0 {
                if (right < 0) != (remainder < 0) {
                    remainder += right
                    quotient -= 1
                }
            } else {
                remainder = Double(signOf: right, magnitudeOf: 0)
            }
            if operation == .modulo { return .number(remainder) }
            guard quotient != 0 else { return .number(Double(signOf: left / right, magnitudeOf: 0)) }
            let floor = quotient.rounded(.down)
            return .number(quotient - floor > 0.5 ? floor + 1 : floor)
        case .power:
            guard left != 0 || right >= 0 else { throw .operation("zero cannot be raised to a negative power") }
            let result = pow(left, right)
            guard !result.isNaN || left.isNaN || right.isNaN else {
                throw .operation("a negative number raised to a fraction is not real")
            }
            guard result.isFinite || !left.isFinite || !right.isFinite else {
                throw .operation("\(left) ** \(right) is too large")
            }
            return .number(result)
        }
    }

    /// Joined strings, lists or tuples; nil for anything else.
    private func join(_ left: Value, _ right: Value) throws(TemplateError) -> Value? {
        switch (left, right) {
        case (.string(var first), .string(let second)):
            first.append(second)
            return .string(try checked(first))
        case (.markup(var first), .markup(let second)):
            first.append(second)
            return .markup(try checked(first))
        case (.markup(var first), .string(let second)):
            first.append(second.escapedForHTML)
            return .markup(try checked(first))
        case (.string(let first), .markup(let second)):
            var escaped = first.escapedForHTML
            escaped.append(second)
            return .markup(try checked(escaped))
        case (.list(let first), .list(let second)):
            try spend(first.items.count + second.items.count)
            return .list(first.items + second.items)
        case (.tuple(let first), .tuple(let second)):
            try spend(first.items.count + second.items.count)
            return .tuple(first.items + second.items)
        default: return nil
        }
    }

    private func multiply(_ value: Value, by count: Int) throws(TemplateError) -> Value? {
        let count = max(count, 0)
        switch value {
        case .string(let text), .markup(let text):
            let (bytes, overflow) = text.text.utf8.count.multipliedReportingOverflow(by: count)
            try reserve(bytes: overflow ? .max : bytes)
            return .string(text.repeated(count))
        case .list(let elements): return .list(try repeated(elements.items, count))
        case .tuple(let elements): return .tuple(try repeated(elements.items, count))
        default: return nil
        }
    }

    private func repeated(_ items: [Value], _ count: Int) throws(TemplateError) -> [Value] {
        let (total, overflow) = items.count.multipliedReportingOverflow(by: count)
        try spend(overflow ? .max : total)
        guard !items.isEmpty else { return [] }
        return Array(repeatElement(items, count: count).joined())
    }

    func negate(_ value: Value) throws(TemplateError) -> Value {
        if let integer = value.integer { return try calculate(0, .subtract, integer) }
        return try sign(value, "-", -1)
    }

    func identity(_ value: Value) throws(TemplateError) -> Value {
        if let integer = value.integer { return .integer(integer) }
        return try sign(value, "+", 1)
    }

    private func sign(_ value: Value, _ operation: String, _ factor: Double) throws(TemplateError) -> Value {
        if case .undefined(let reason) = value { throw .undefined(reason) }
        guard let number = value.double else {
            throw .operation("'\(operation)' does not apply to a \(value.typeName)")
        }
        return .number(factor * number)
    }
}

extension Int {
    /// The power with a natural exponent, by squaring.
    fileprivate func raised(to exponent: Int) -> (partialValue: Int, overflow: Bool) {
        var (result, base, exponent) = (1, self, exponent)
        while exponent > 0 {
            if exponent & 1 == 1 {
                let product = result.multipliedReportingOverflow(by: base)
                if product.overflow { return product }
                result = product.partialValue
            }
            exponent >>= 1
            guard exponent > 0 else { break }
            let square = base.multipliedReportingOverflow(by: base)
            if square.overflow { return square }
            base = square.partialValue
        }
        return (result, false)
    }
}
