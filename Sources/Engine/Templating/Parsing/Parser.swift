/// Turns the tokens of a template into statements.
///
/// Source of the grammar: Jinja's documentation, "Template Designer Documentation".
struct Parser {
    let name: String
    let limits: TemplateLimits
    let tokens: [Token]
    var index = 0
    /// The number of every name in the template.
    var nameIDs: [String: Int] = [:]
    /// The names read since the innermost macro began; what tells whether it wants `varargs`, `kwargs` and `caller`.
    var usedNames: Set<Int> = []
    /// How many loops the current statement is in, for `break` and `continue`.
    var loopDepth = 0
    private var depth = 0
    private let gauge = StackGauge()

    init(
        _ source: String, name: String, limits: TemplateLimits, style: TemplateStyle = .chat
    ) throws(TemplateError) {
        self.name = name
        self.limits = limits
        tokens = try Lexer.tokenize(source, name: name, style: style)
        for known in WellKnownName.allCases { nameIDs[known.name.text] = known.rawValue }
    }

    var current: Token { tokens[index] }
    var next: Token { tokens[min(index + 1, tokens.count - 1)] }

    func error(_ reason: String, remedy: String = "", line: Int? = nil) -> TemplateError {
        TemplateError(kind: .syntax, template: name, line: line ?? current.line, reason: reason, remedy: remedy)
    }

    mutating func advance() { if index < tokens.count - 1 { index += 1 } }

    /// Runs `body` one level deeper; every recursion of the parser passes through here.
    mutating func nested<Result>(
        _ body: (inout Parser) throws(TemplateError) -> Result
    ) throws(TemplateError) -> Result {
        guard depth < limits.depth, gauge.usedBytes < limits.stackBytes else {
            throw TemplateError(
                kind: .limit, template: name, line: current.line,
                reason: "the template nests deeper than \(depth) levels", remedy: "simplify it")
        }
        depth += 1
        defer { depth -= 1 }
        return try body(&self)
    }

    mutating func skip(_ symbol: Symbol) -> Bool {
        guard current.kind == .symbol(symbol) else { return false }
        advance()
        return true
    }

    mutating func skip(keyword: String) -> Bool {
        guard current.kind == .name(keyword) else { return false }
        advance()
        return true
    }

    mutating func expect(_ symbol: Symbol) throws(TemplateError) {
        guard skip(symbol) else { throw error("expected '\(symbol.rawValue)', found \(current.kind)") }
    }

    mutating func expect(keyword: String) throws(TemplateError) {
        guard skip(keyword: keyword) else { throw error("expected '\(keyword)', found \(current.kind)") }
    }

    mutating func expectBlockEnd() throws(TemplateError) {
        guard current.kind == .blockEnd else { throw error("expected '%}', found \(current.kind)") }
        advance()
    }

    mutating func identifier() throws(TemplateError) -> String {
        guard case .name(let text) = current.kind else { throw error("expected a name, found \(current.kind)") }
        advance()
        return text
    }

    mutating func intern(_ text: String) -> Name {
        if let id = nameIDs[text] { return Name(id: id, text: text) }
        let name = Name(id: nameIDs.count, text: text)
        nameIDs[text] = name.id
        return name
    }

    /// Parses the whole template.
    mutating func parseTemplate() throws(TemplateError) -> [Statement] {
        let statements = try parseStatements(until: [])
        guard current.kind == .end else { throw error("unexpected \(current.kind)") }
        return statements
    }

    /// Parses statements up to a tag named in `endings`, and leaves the tag's name as the current token.
    mutating func parseStatements(until endings: [String]) throws(TemplateError) -> [Statement] {
        let openingLine = current.line
        var statements: [Statement] = []
        while true {
            let line = current.line
            switch current.kind {
            case .data(let text):
                advance()
                statements.append(Statement(kind: .text(text), line: line))
            case .variableBegin:
                advance()
                let expression = try parseTuple()
                guard current.kind == .variableEnd else { throw error("expected '}}', found \(current.kind)") }
                advance()
                statements.append(Statement(kind: .output(expression), line: line))
            case .blockBegin:
                advance()
                if case .name(let tag) = current.kind, endings.contains(tag) { return statements }
                statements += try nested { parser throws(TemplateError) in try parser.parseStatement(line: line) }
                try expectBlockEnd()
            default:
                guard let ending = endings.last else { return statements }
                throw error(
                    "the template ends where '\(ending)' is missing", remedy: "end the block", line: openingLine)
            }
        }
    }

    /// Parses the body of a block: the end of its opening tag, statements, and the name of the tag that ends it.
    mutating func parseBody(until endings: String...) throws(TemplateError) -> (body: [Statement], ending: String) {
        _ = skip(.colon)
        try expectBlockEnd()
        let body = try parseStatements(until: endings)
        return (body, try identifier())
    }
}
