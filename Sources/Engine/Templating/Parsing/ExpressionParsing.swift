extension Parser {
    /// Parses an expression, or a tuple without brackets if commas follow.
    mutating func parseTuple(
        allowsConditional: Bool = true, until keyword: String? = nil, isBracketed: Bool = false
    ) throws(TemplateError) -> Expression {
        var elements: [Expression] = []
        var isTuple = false
        while !isAtTupleEnd(keyword) {
            elements.append(allowsConditional ? try parseExpression() : try parseOr())
            guard skip(.comma) else { break }
            isTuple = true
        }
        if isTuple { return .tuple(elements) }
        if let only = elements.first { return only }
        guard isBracketed else { throw error("expected an expression, found \(current.kind)") }
        return .tuple([])
    }

    private func isAtTupleEnd(_ keyword: String?) -> Bool {
        switch current.kind {
        case .variableEnd, .blockEnd, .symbol(.rightParenthesis): true
        case .name(let name): name == keyword
        default: false
        }
    }

    mutating func parseExpression() throws(TemplateError) -> Expression {
        try nested { parser throws(TemplateError) in try parser.parseConditional() }
    }

    private mutating func parseConditional() throws(TemplateError) -> Expression {
        var value = try parseOr()
        var count = 0
        while skip(keyword: "if") {
            count += 1
            guard count < 16 else { throw error("too many 'if' without 'else' in one expression") }
            let test = try parseOr()
            let otherwise = skip(keyword: "else") ? try parseExpression() : nil
            value = .conditional(test: test, then: value, otherwise: otherwise)
        }
        return value
    }

    private mutating func parseOr() throws(TemplateError) -> Expression {
        var operands = [try parseAnd()]
        while skip(keyword: "or") { operands.append(try parseAnd()) }
        return operands.count == 1 ? operands[0] : .or(operands)
    }

    private mutating func parseAnd() throws(TemplateError) -> Expression {
        var operands = [try parseNot()]
        while skip(keyword: "and") { operands.append(try parseNot()) }
        return operands.count == 1 ? operands[0] : .and(operands)
    }

    private mutating func parseNot() throws(TemplateError) -> Expression {
        guard skip(keyword: "not") else { return try parseComparison() }
        return .not(try nested { parser throws(TemplateError) in try parser.parseNot() })
    }

    private mutating func parseComparison() throws(TemplateError) -> Expression {
        let first = try parseSum()
        var rest: [(operation: ComparisonOperator, operand: Expression)] = []
        while let operation = comparisonOperator() { rest.append((operation, try parseSum())) }
        return rest.isEmpty ? first : .comparison(first, rest)
    }

    private mutating func comparisonOperator() -> ComparisonOperator? {
        switch current.kind {
        case .symbol(let symbol):
            guard let operation = ComparisonOperator(rawValue: symbol.rawValue) else { return nil }
            advance()
            return operation
        case .name("in"):
            advance()
            return .isIn
        case .name("not") where next.kind == .name("in"):
            advance()
            advance()
            return .isNotIn
        default: return nil
        }
    }

    private mutating func parseSum() throws(TemplateError) -> Expression {
        let first = try parseConcatenation()
        var rest: [(operation: ArithmeticOperator, operand: Expression)] = []
        while let operation = arithmeticOperator([.add, .subtract]) {
            rest.append((operation, try parseConcatenation()))
        }
        return rest.isEmpty ? first : .arithmetic(first, rest)
    }

    private mutating func parseConcatenation() throws(TemplateError) -> Expression {
        var operands = [try parseProduct()]
        while skip(.concatenate) { operands.append(try parseProduct()) }
        return operands.count == 1 ? operands[0] : .concatenation(operands)
    }

    private mutating func parseProduct() throws(TemplateError) -> Expression {
        let first = try parsePower()
        var rest: [(operation: ArithmeticOperator, operand: Expression)] = []
        while let operation = arithmeticOperator([.multiply, .divide, .floorDivide, .modulo]) {
            rest.append((operation, try parsePower()))
        }
        return rest.isEmpty ? first : .arithmetic(first, rest)
    }

    private mutating func parsePower() throws(TemplateError) -> Expression {
        let first = try parseUnary()
        var rest: [(operation: ArithmeticOperator, operand: Expression)] = []
        while let operation = arithmeticOperator([.power]) { rest.append((operation, try parseUnary())) }
        return rest.isEmpty ? first : .arithmetic(first, rest)
    }

    private mutating func arithmeticOperator(_ allowed: [ArithmeticOperator]) -> ArithmeticOperator? {
        guard case .symbol(let symbol) = current.kind, let operation = ArithmeticOperator(rawValue: symbol.rawValue),
            allowed.contains(operation)
        else { return nil }
        advance()
        return operation
    }

    private mutating func parseUnary(allowsFilters: Bool = true) throws(TemplateError) -> Expression {
        let value: Expression
        if skip(.subtract) {
            value = .negative(
                try nested { parser throws(TemplateError) in try parser.parseUnary(allowsFilters: false) })
        } else if skip(.add) {
            value = .positive(
                try nested { parser throws(TemplateError) in try parser.parseUnary(allowsFilters: false) })
        } else {
            value = try parsePrimary()
        }
        return try parseLinks(of: value, allowsFilters: allowsFilters)
    }

    /// Parses a literal, a name or something in brackets.
    mutating func parsePrimary() throws(TemplateError) -> Expression {
        let token = current
        advance()
        switch token.kind {
        case .name("true"), .name("True"): return .bool(true)
        case .name("false"), .name("False"): return .bool(false)
        case .name("none"), .name("None"): return .none
        case .name(let text):
            let name = intern(text)
            usedNames.insert(name.id)
            return .name(name)
        case .string(var text):
            while case .string(let more) = current.kind {
                text += more
                advance()
            }
            return .string(text)
        case .integer(let value): return .integer(value)
        case .float(let value): return .number(value)
        case .symbol(.leftParenthesis):
            let value = try parseTuple(isBracketed: true)
            try expect(.rightParenthesis)
            return value
        case .symbol(.leftBracket): return try parseList()
        case .symbol(.leftBrace): return try parseDictionary()
        default: throw error("unexpected \(token.kind)", line: token.line)
        }
    }

    private mutating func parseList() throws(TemplateError) -> Expression {
        var elements: [Expression] = []
        while !skip(.rightBracket) {
            elements.append(try parseExpression())
            if current.kind != .symbol(.rightBracket) { try expect(.comma) }
        }
        return .list(elements)
    }

    private mutating func parseDictionary() throws(TemplateError) -> Expression {
        var members: [(key: Expression, value: Expression)] = []
        while !skip(.rightBrace) {
            let key = try parseExpression()
            try expect(.colon)
            members.append((key, try parseExpression()))
            if current.kind != .symbol(.rightBrace) { try expect(.comma) }
        }
        return .dictionary(members)
    }
}
