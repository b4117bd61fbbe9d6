extension Parser {
    /// Parses what follows an operand: attributes, items and calls, then filters and tests.
    mutating func parseLinks(of base: Expression, allowsFilters: Bool) throws(TemplateError) -> Expression {
        var links: [Link] = []
        while try parsePostfix(into: &links) {}
        while allowsFilters {
            let line = current.line
            if skip(.pipe) {
                try parseFilter(into: &links)
            } else if skip(keyword: "is") {
                links.append(Link(kind: try parseTest(), line: line))
            } else if current.kind == .symbol(.leftParenthesis) {
                links.append(Link(kind: .call(try parseArguments()), line: line))
            } else {
                break
            }
        }
        if links.isEmpty { return base }
        if case .postfix(let innermost, let inner) = base { return .postfix(innermost, inner + links) }
        return .postfix(base, links)
    }

    private mutating func parsePostfix(into links: inout [Link]) throws(TemplateError) -> Bool {
        let line = current.line
        if skip(.dot) {
            if case .integer(let index) = current.kind {
                advance()
                links.append(Link(kind: .item(.integer(index)), line: line))
            } else {
                links.append(Link(kind: .attribute(try identifier()), line: line))
            }
        } else if skip(.leftBracket) {
            links.append(Link(kind: try parseSubscript(), line: line))
        } else if current.kind == .symbol(.leftParenthesis) {
            links.append(Link(kind: .call(try parseArguments()), line: line))
        } else {
            return false
        }
        return true
    }

    private mutating func parseSubscript() throws(TemplateError) -> Link.Kind {
        var bounds = SliceBounds()
        if current.kind != .symbol(.colon) {
            var items = [try parseExpression()]
            if current.kind != .symbol(.colon) {
                while skip(.comma) { items.append(try parseExpression()) }
                try expect(.rightBracket)
                return .item(items.count == 1 ? items[0] : .tuple(items))
            }
            bounds.start = items[0]
        }
        try expect(.colon)
        if current.kind != .symbol(.colon), current.kind != .symbol(.rightBracket) {
            bounds.stop = try parseExpression()
        }
        if skip(.colon), current.kind != .symbol(.rightBracket) { bounds.step = try parseExpression() }
        try expect(.rightBracket)
        return .slice(bounds)
    }

    /// Parses `name` or `name(arguments)` after a `|`.
    mutating func parseFilter(into links: inout [Link]) throws(TemplateError) {
        let line = current.line
        let name = try dottedName()
        let hasArguments = current.kind == .symbol(.leftParenthesis)
        let arguments = hasArguments ? try parseArguments() : CallArguments()
        links.append(Link(kind: .filter(name, arguments), line: line))
    }

    private mutating func dottedName() throws(TemplateError) -> String {
        var name = try identifier()
        while skip(.dot) { name += "." + (try identifier()) }
        return name
    }

    private mutating func parseTest() throws(TemplateError) -> Link.Kind {
        let isNegated = skip(keyword: "not")
        let name = try dottedName()
        var arguments = CallArguments()
        switch current.kind {
        case .symbol(.leftParenthesis): arguments = try parseArguments()
        case .name("is"): throw error("tests with 'is' cannot be chained", remedy: "join them with 'and'")
        case .name("else"), .name("or"), .name("and"): break
        case .name, .string, .integer, .float, .symbol(.leftBracket), .symbol(.leftBrace):
            let argument = try nested { parser throws(TemplateError) in try parser.parseTestArgument() }
            arguments.positional = [argument]
        default: break
        }
        return .test(name, arguments, isNegated: isNegated)
    }

    private mutating func parseTestArgument() throws(TemplateError) -> Expression {
        try parseLinks(of: try parsePrimary(), allowsFilters: false)
    }

    private mutating func parseArguments() throws(TemplateError) -> CallArguments {
        var arguments = CallArguments()
        try expect(.leftParenthesis)
        while !skip(.rightParenthesis) {
            guard arguments.unpackedDictionary == nil else { throw error("no argument may follow '**'") }
            if skip(.multiply) {
                guard arguments.unpackedList == nil else { throw error("only one argument may begin with '*'") }
                arguments.unpackedList = try parseExpression()
            } else if skip(.power) {
                arguments.unpackedDictionary = try parseExpression()
            } else if case .name(let name) = current.kind, next.kind == .symbol(.assign) {
                advance()
                advance()
                arguments.keyword.append((name, try parseExpression()))
            } else {
                guard arguments.keyword.isEmpty, arguments.unpackedList == nil else {
                    throw error("a positional argument follows a named one", remedy: "name it, or move it forward")
                }
                arguments.positional.append(try parseExpression())
            }
            if current.kind != .symbol(.rightParenthesis) { try expect(.comma) }
        }
        return arguments
    }
}
