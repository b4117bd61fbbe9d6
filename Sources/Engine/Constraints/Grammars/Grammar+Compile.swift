import JSONValues

extension Grammar {
    /// Compiles for the tokens of a vocabulary.
    func compile(_ trie: TokenTrie) throws(ConstraintError) -> CompiledGrammar {
        var builder = GrammarBuilder(Expressions(longestToken: trie.longestToken), specialTexts: trie.specialTexts)
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
        case .text(let text): Self.write(builder.marks(text), rule, into: &builder)
        case .sequence(let parts): try Self.write(parts, rule, into: &builder)
        case .anyOf(let parts):
            for part in parts {
                builder.addSilent(from: builder.start(of: rule), to: try Self.addPart(part, in: rule, &builder))
            }
        case .list(let element, let separator):
            try Self.write(list: element, separator, rule, into: &builder)
        case .upTo(let text): Self.write(FreeText(&builder).upTo(text, &builder), rule, into: &builder)
        case .notBeginning(let texts):
            Self.write(FreeText(&builder).notBeginning(texts, &builder), rule, into: &builder)
        }
        if let reason = builder.expressions.overflow { throw .tooComplex(reason) }
    }

    /// A state from which `part` leads to an end of the rule.
    private static func addPart(
        _ part: Grammar, in rule: Int32, _ builder: inout GrammarBuilder
    ) throws(ConstraintError) -> Int32 {
        let (start, end) = (builder.addState(in: rule), builder.addState(in: rule))
        builder.markFinal(end)
        try write(part, from: start, to: end, &builder)
        return start
    }

    private static func write(
        _ part: Grammar, from: Int32, to: Int32, _ builder: inout GrammarBuilder
    ) throws(ConstraintError) {
        // A text needs no rule of its own, and calls less.
        if case .text(let text) = part { return builder.addLexeme(builder.marks(text), from: from, to: to) }
        let content = builder.addRule()
        try part.write(rule: content, into: &builder)
        builder.addCall(of: content, from: from, to: to)
    }

    private static func write(
        _ parts: [Grammar], _ rule: Int32, into builder: inout GrammarBuilder
    ) throws(ConstraintError) {
        var state = builder.start(of: rule)
        for part in parts {
            let next = builder.addState(in: rule)
            try write(part, from: state, to: next, &builder)
            state = next
        }
        builder.markFinal(state)
    }

    private static func write(
        list element: Grammar, _ separator: String, _ rule: Int32, into builder: inout GrammarBuilder
    ) throws(ConstraintError) {
        let (next, end) = (builder.addState(in: rule), builder.addState(in: rule))
        builder.markFinal(end)
        builder.addSilent(from: builder.start(of: rule), to: next)
        try write(element, from: next, to: end, &builder)
        builder.addLexeme(builder.marks(separator), from: end, to: next)
    }

    private static func write(_ expression: Expression, _ rule: Int32, into builder: inout GrammarBuilder) {
        let end = builder.addState(in: rule)
        builder.markFinal(end)
        builder.addLexeme(expression, from: builder.start(of: rule), to: end)
    }
}
