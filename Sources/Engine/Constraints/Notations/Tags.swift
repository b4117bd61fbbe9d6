/// Structural tags: free text in which triggers begin parts with grammars of their own.
struct TagWriter {
    let tags: [StructuralTag]
    let mode: TagMode

    func write(rule: Int32, into builder: inout GrammarBuilder) throws(ConstraintError) {
        guard !tags.isEmpty else { throw .grammar(line: 1, column: 1, reason: "there are no tags") }
        guard tags.allSatisfy({ !$0.begin.isEmpty && !$0.end.isEmpty }) else {
            throw .grammar(line: 1, column: 1, reason: "a tag's begin and end must not be empty")
        }
        let start = builder.start(of: rule)
        let loop = builder.addState(in: rule)
        let end = builder.addState(in: rule)
        builder.markFinal(end)
        let any = builder.expressions.repetition(builder.expressions.bytes(.all), 0, nil)
        let begins = tags.map(\.begin).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
        let triggers = try expressions(of: begins, &builder)
        let trigger = builder.expressions.union(triggers)
        let holding = builder.expressions.concatenation([any, trigger, any])
        let free = builder.expressions.complement(holding)
        if mode == .free { builder.addSilent(from: start, to: loop) }
        if mode != .only { builder.addLexeme(free, from: loop, to: end) }
        for (text, expression) in zip(begins, triggers) {
            let opened = builder.addState(in: rule)
            let lexeme = mode == .only ? expression : first(expression, any, trigger, &builder)
            builder.addLexeme(lexeme, from: start, to: opened)
            if mode != .only { builder.addLexeme(lexeme, from: loop, to: opened) }
            for tag in tags where tag.begin == text {
                let content = builder.addRule()
                try tag.content.write(rule: content, into: &builder)
                let closing = builder.addState(in: rule)
                builder.addCall(of: content, from: opened, to: closing)
                let last = builder.expressions.literal(tag.end)
                builder.addLexeme(last, from: closing, to: mode == .only ? end : loop)
            }
        }
    }

    private func expressions(
        of begins: [String], _ builder: inout GrammarBuilder
    ) throws(ConstraintError) -> [Expression] {
        for begin in begins {
            if let other = begins.first(where: { $0 != begin && begin.contains($0) }) {
                throw .grammar(
                    line: 1, column: 1,
                    reason: "the trigger \"\(begin)\" contains the trigger \"\(other)\"; let them begin differently")
            }
        }
        return begins.map { builder.expressions.literal($0) }
    }

    /// Text up to the end of the first trigger, which is `wanted`.
    private func first(
        _ wanted: Expression, _ any: Expression, _ trigger: Expression, _ builder: inout GrammarBuilder
    ) -> Expression {
        let byte = builder.expressions.bytes(.all)
        let earlier = builder.expressions.concatenation([any, trigger, byte, any])
        let ending = builder.expressions.concatenation(any, wanted)
        return builder.expressions.difference(ending, earlier)
    }
}
