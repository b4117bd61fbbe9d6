import JSONValues

extension Grammar {
    /// Compiles for tokens of at most `longestToken` bytes.
    func compile(longestToken: Int) throws(ConstraintError) -> CompiledGrammar {
        var builder = GrammarBuilder(Expressions(longestToken: longestToken))
        let root = builder.addRule()
        try write(rule: root, into: &builder)
        let compiled = builder.finish()
        if let reason = builder.expressions.overflow { throw .tooComplex(reason) }
        guard let compiled else { throw .unsatisfiable("it contradicts itself") }
        return compiled
    }

    /// Writes the grammar as the rule `rule`.
    func write(rule: Int32, into builder: inout GrammarBuilder) throws(ConstraintError) {
        switch self {
        case .jsonSchema(let schema, let options):
            var compiler = try SchemaCompiler(schema, options, builder.expressions)
            try compiler.write(rule: rule, into: &builder)
        case .regex(let source):
            do {
                var translator = PatternTranslator(PlainEncoding())
                let pattern = try PatternParser.parse(source)
                let expression = try translator.whole(pattern, &builder.expressions)
                Self.write(expression, rule, into: &builder)
            } catch {
                throw .grammar(line: 1, column: error.offset + 1, reason: error.reason)
            }
        case .choices(let choices):
            var texts: [Expression] = []
            for choice in choices { texts.append(builder.expressions.literal(choice)) }
            Self.write(builder.expressions.union(texts), rule, into: &builder)
        case .gbnf(let source):
            var writer = RuleWriter(try GBNFParser.parse(source))
            try writer.write(rule: rule, into: &builder)
        case .lark(let source):
            var writer = RuleWriter(try LarkParser.parse(source))
            try writer.write(rule: rule, into: &builder)
        case .tags(let tags, let mode): try TagWriter(tags: tags, mode: mode).write(rule: rule, into: &builder)
        }
        if let reason = builder.expressions.overflow { throw .tooComplex(reason) }
    }

    private static func write(_ expression: Expression, _ rule: Int32, into builder: inout GrammarBuilder) {
        let end = builder.addState(in: rule)
        builder.markFinal(end)
        builder.addLexeme(expression, from: builder.start(of: rule), to: end)
    }
}
