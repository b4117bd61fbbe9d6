extension Parser {
    /// Parses the statement whose tag's name is the current token, up to the end of its last tag.
    mutating func parseStatement(line: Int) throws(TemplateError) -> [Statement] {
        let tag = try identifier()
        let kind: Statement.Kind
        switch tag {
        case "for": kind = .forLoop(try parseFor())
        case "if": kind = try parseIf()
        case "set": kind = try parseSet()
        case "macro":
            let name = intern(try identifier())
            kind = .macro(try parseMacro(named: name, ending: "endmacro", isSignatureOptional: false))
        case "call": kind = try parseCallBlock(line: line)
        case "filter":
            var filters: [Link] = []
            try parseFilter(into: &filters)
            while skip(.pipe) { try parseFilter(into: &filters) }
            kind = .filterBlock(filters, try parseBody(until: "endfilter").body)
        case "with": kind = try parseWith()
        // What a model generated is marked for training; marks do not show.
        case "generation":
            kind = .scope(
                try outsideLoops { p throws(TemplateError) in
                    try p.parseBody(until: "endgeneration").body
                })
        case "block": kind = try parseBlock()
        case "print":
            var outputs = [Statement(kind: .output(try parseExpression()), line: line)]
            while skip(.comma) { outputs.append(Statement(kind: .output(try parseExpression()), line: line)) }
            return outputs
        case "break", "continue":
            guard loopDepth > 0 else { throw error("'\(tag)' outside of a loop", line: line) }
            kind = tag == "break" ? .breakLoop : .continueLoop
        case "include", "import", "from", "extends", "autoescape":
            throw TemplateError(
                kind: .refused, template: name, line: line, reason: "'\(tag)' is not available to chat templates",
                remedy: "a chat template is one file of plain text; write what '\(tag)' brings in its place")
        default:
            throw error("unknown tag '\(tag)'", line: line)
        }
        return [Statement(kind: kind, line: line)]
    }

    private mutating func outsideLoops<Result>(
        _ body: (inout Parser) throws(TemplateError) -> Result
    ) throws(TemplateError) -> Result {
        let saved = loopDepth
        loopDepth = 0
        defer { loopDepth = saved }
        return try body(&self)
    }

    private mutating func parseFor() throws(TemplateError) -> ForLoop {
        let target = try parseTarget(until: "in")
        try expect(keyword: "in")
        let sequence = try parseTuple(allowsConditional: false, until: "recursive")
        let condition = skip(keyword: "if") ? try parseExpression() : nil
        let isRecursive = skip(keyword: "recursive")
        loopDepth += 1
        var (body, ending) = try parseBody(until: "else", "endfor")
        loopDepth -= 1
        var otherwise: [Statement] = []
        if ending == "else" { (otherwise, ending) = try parseBody(until: "endfor") }
        return ForLoop(
            target: target, sequence: sequence, condition: condition, isRecursive: isRecursive, body: body,
            otherwise: otherwise)
    }

    private mutating func parseIf() throws(TemplateError) -> Statement.Kind {
        var branches: [(test: Expression, body: [Statement])] = []
        var ending = "elif"
        while ending == "elif" {
            let test = try parseTuple(allowsConditional: false)
            let branch = try parseBody(until: "elif", "else", "endif")
            branches.append((test, branch.body))
            ending = branch.ending
        }
        let otherwise = ending == "else" ? try parseBody(until: "endif").body : []
        return .conditional(branches, otherwise: otherwise)
    }

    private mutating func parseSet() throws(TemplateError) -> Statement.Kind {
        let target = try parseTarget(allowsAttribute: true)
        if skip(.assign) { return .assign(target, try parseTuple()) }
        var filters: [Link] = []
        while skip(.pipe) { try parseFilter(into: &filters) }
        return .assignBlock(target, filters: filters, try parseBody(until: "endset").body)
    }

    private mutating func parseMacro(
        named name: Name, ending: String, isSignatureOptional: Bool
    ) throws(TemplateError) -> MacroDefinition {
        let parameters = isSignatureOptional && current.kind != .symbol(.leftParenthesis) ? [] : try parseSignature()
        return try parseMacroBody(named: name, parameters: parameters, ending: ending)
    }

    private mutating func parseMacroBody(
        named name: Name, parameters: [MacroDefinition.Parameter], ending: String
    ) throws(TemplateError) -> MacroDefinition {
        let outerNames = usedNames
        usedNames = []
        defer { usedNames.formUnion(outerNames) }
        let body = try outsideLoops { p throws(TemplateError) in try p.parseBody(until: ending).body }
        return MacroDefinition(name: name, parameters: parameters, body: body, usedNames: usedNames)
    }

    private mutating func parseSignature() throws(TemplateError) -> [MacroDefinition.Parameter] {
        var parameters: [MacroDefinition.Parameter] = []
        try expect(.leftParenthesis)
        while current.kind != .symbol(.rightParenthesis) {
            if !parameters.isEmpty { try expect(.comma) }
            let name = intern(try identifier())
            let initial = skip(.assign) ? try parseExpression() : nil
            if initial == nil, parameters.last?.initial != nil {
                throw error("parameter '\(name.text)' needs a default", remedy: "the one before it has one")
            }
            parameters.append((name, initial))
        }
        try expect(.rightParenthesis)
        return parameters
    }

    private mutating func parseCallBlock(line: Int) throws(TemplateError) -> Statement.Kind {
        let hasSignature = current.kind == .symbol(.leftParenthesis)
        let parameters = hasSignature ? try parseSignature() : []
        let expression = try parseExpression()
        guard case .postfix(let base, var links) = expression, case .call(let arguments) = links.last?.kind else {
            throw error("expected a call", remedy: "write {% call macro() %}", line: line)
        }
        links.removeLast()
        let caller = try parseMacroBody(
            named: WellKnownName.caller.name, parameters: parameters, ending: "endcall")
        return .call(links.isEmpty ? base : .postfix(base, links), arguments, caller)
    }

    private mutating func parseWith() throws(TemplateError) -> Statement.Kind {
        var bindings: [(target: Target, value: Expression)] = []
        while current.kind != .blockEnd {
            if !bindings.isEmpty { try expect(.comma) }
            let target = try parseTarget()
            try expect(.assign)
            bindings.append((target, try parseExpression()))
        }
        return .with(bindings, try parseBody(until: "endwith").body)
    }

    private mutating func parseBlock() throws(TemplateError) -> Statement.Kind {
        let name = try identifier()
        _ = skip(keyword: "scoped")
        let body = try outsideLoops { p throws(TemplateError) in try p.parseBody(until: "endblock").body }
        _ = skip(keyword: name)
        return .block(body)
    }

    private mutating func parseTarget(
        until keyword: String? = nil, allowsAttribute: Bool = false
    ) throws(TemplateError) -> Target {
        var targets: [Target] = []
        var isTuple = false
        repeat {
            if let keyword, current.kind == .name(keyword) { break }
            if current.kind == .symbol(.assign) || current.kind == .blockEnd { break }
            if skip(.leftParenthesis) {
                targets.append(
                    try nested { parser throws(TemplateError) in try parser.parseTarget() })
                try expect(.rightParenthesis)
            } else {
                targets.append(try parseSingleTarget(allowsAttribute: allowsAttribute))
            }
            if current.kind == .symbol(.comma) { isTuple = true }
        } while skip(.comma)
        if let only = targets.first, !isTuple { return only }
        guard isTuple else { throw error("expected a name to assign to, found \(current.kind)") }
        return .tuple(targets)
    }

    private mutating func parseSingleTarget(allowsAttribute: Bool) throws(TemplateError) -> Target {
        let text = try identifier()
        guard !["true", "false", "none", "True", "False", "None"].contains(text) else {
            throw error("cannot assign to '\(text)'")
        }
        let name = intern(text)
        guard allowsAttribute, skip(.dot) else { return .name(name) }
        usedNames.insert(name.id)
        return .attribute(namespace: name, try identifier())
    }
}
