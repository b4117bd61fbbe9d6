/// Structural tags: free text in which triggers begin parts with grammars of their own.
struct TagWriter {
    let tags: [StructuralTag]
    let mode: TagMode

    func write(rule: Int32, into builder: inout GrammarBuilder) throws(ConstraintError) {
        guard !tags.isEmpty else { throw .grammar(line: 1, column: 1, reason: "there are no tags") }
        guard tags.allSatisfy({ !$0.begin.isEmpty }) else {
            throw .grammar(line: 1, column: 1, reason: "a tag's begin must not be empty")
        }
        let start = builder.start(of: rule)
        let loop = builder.addState(in: rule)
        let end = builder.addState(in: rule)
        builder.markFinal(end)
        let begins = tags.map(\.begin).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
        try check(begins)
        let free = FreeText(&builder, triggers: begins)
        let endsWithTag = mode == .only || mode == .atMostOnce
        if mode == .free || mode == .atMostOnce { builder.addSilent(from: start, to: loop) }
        if mode != .only { builder.addLexeme(free.untilEnd(&builder), from: loop, to: end) }
        for text in begins {
            let opened = builder.addState(in: rule)
            if mode == .only {
                builder.addLexeme(builder.marks(text), from: start, to: opened)
            } else {
                builder.addLexeme(free.upTo(text, &builder), from: start, to: opened)
                builder.addLexeme(free.upTo(text, &builder), from: loop, to: opened)
            }
            for tag in tags where tag.begin == text {
                let content = builder.addRule()
                try tag.content.write(rule: content, into: &builder)
                let closing = builder.addState(in: rule)
                builder.addCall(of: content, from: opened, to: closing)
                builder.addLexeme(builder.marks(tag.end), from: closing, to: endsWithTag ? end : loop)
            }
        }
    }

    private func check(_ begins: [String]) throws(ConstraintError) {
        for begin in begins {
            if let other = begins.first(where: { $0 != begin && begin.contains($0) }) {
                throw .grammar(
                    line: 1, column: 1,
                    reason: "the trigger \"\(begin)\" contains the trigger \"\(other)\"; let them begin differently")
            }
        }
    }
}

/// Text without bounds but for what must not occur in it.
struct FreeText {
    private let any: Expression
    /// Text up to the end of a trigger, not only the first.
    private let triggered: Expression

    init(_ builder: inout GrammarBuilder, triggers: [String] = []) {
        any = builder.expressions.repetition(builder.expressions.bytes(.all), 0, nil)
        triggered = Self.through(triggers, any, &builder)
    }

    /// Text without a trigger.
    func untilEnd(_ builder: inout GrammarBuilder) -> Expression {
        builder.expressions.complement(builder.expressions.concatenation(triggered, any))
    }

    /// Text up to the end of `wanted`, the first trigger in it.
    func upTo(_ wanted: String, _ builder: inout GrammarBuilder) -> Expression {
        let all = builder.expressions.union(triggered, Self.through([wanted], any, &builder))
        let byte = builder.expressions.bytes(.all)
        let earlier = builder.expressions.concatenation([all, byte, any])
        let ending = builder.expressions.concatenation(any, builder.marks(wanted))
        return builder.expressions.difference(ending, earlier)
    }

    func notBeginning(_ texts: [String], _ builder: inout GrammarBuilder) -> Expression {
        var beginnings: [Expression] = []
        for text in texts { beginnings += [builder.marks(text), builder.expressions.literal(text)] }
        let beginning = builder.expressions.union(beginnings)
        return builder.expressions.complement(builder.expressions.concatenation(beginning, any))
    }

    /// Text up to the end of one of these. A special token's name that is spelled out reads like the token, so it counts, too.
    private static func through(_ texts: [String], _ any: Expression, _ builder: inout GrammarBuilder) -> Expression {
        let others = ByteSet(0...SpecialTexts.mark - 1)
        let outside = builder.expressions.union(
            .empty, builder.expressions.concatenation(any, builder.expressions.bytes(others)))
        var parts: [Expression] = []
        for text in texts {
            let (token, spelled) = (builder.marks(text), builder.expressions.literal(text))
            parts.append(builder.expressions.concatenation(any, token))
            // Within the token's own bytes it is not spelled out.
            if spelled != token { parts.append(builder.expressions.concatenation(outside, spelled)) }
        }
        return builder.expressions.union(parts)
    }
}
