/// How the scalars of a text are written as bytes.
protocol TextEncoding: Sendable {
    /// One scalar of `ranges`.
    mutating func scalar(of ranges: ScalarRanges, _ expressions: inout Expressions) -> Expression
    /// What ends a text.
    mutating func end(_ expressions: inout Expressions) -> Expression
}

/// Plain UTF-8 that ends with nothing.
struct PlainEncoding: TextEncoding {
    func scalar(of ranges: ScalarRanges, _ expressions: inout Expressions) -> Expression { expressions.utf8(ranges) }
    func end(_ expressions: inout Expressions) -> Expression { .empty }
}

/// Makes expressions over bytes of patterns over scalars.
///
/// A part is translated together with all that follows it (`rest`), so that what looks ahead becomes an intersection with that.
struct PatternTranslator<Encoding: TextEncoding> {
    var encoding: Encoding
    /// Unrolled repetitions of what looks around may become this large.
    private let mostUnrolled = 16

    init(_ encoding: Encoding) { self.encoding = encoding }

    /// Texts that match as a whole, with their end.
    mutating func whole(_ pattern: Pattern, _ expressions: inout Expressions) throws(PatternError) -> Expression {
        let end = encoding.end(&expressions)
        return try translate(pattern, rest: end, atStart: true, &expressions)
    }

    /// Texts in which a match is found anywhere, with their end.
    mutating func search(_ pattern: Pattern, _ expressions: inout Expressions) throws(PatternError) -> Expression {
        let scalar = encoding.scalar(of: .all, &expressions)
        let any = expressions.repetition(scalar, 0, nil)
        let tail = expressions.concatenation(any, encoding.end(&expressions))
        let later = try translate(pattern, rest: tail, atStart: false, &expressions)
        guard pattern.hasStart else { return expressions.concatenation(any, later) }
        let first = try translate(pattern, rest: tail, atStart: true, &expressions)
        let some = expressions.repetition(scalar, 1, nil)
        return expressions.union(first, expressions.concatenation(some, later))
    }

    /// A pattern that does not look around.
    mutating func plain(_ pattern: Pattern, _ expressions: inout Expressions) -> Expression {
        switch pattern {
        case .empty, .start, .end, .lookahead: return .empty
        case .set(let ranges): return encoding.scalar(of: ranges, &expressions)
        case .sequence(let parts):
            var result = Expression.empty
            for part in parts.reversed() { result = expressions.concatenation(plain(part, &expressions), result) }
            return result
        case .alternatives(let parts):
            var alternatives: [Expression] = []
            for part in parts { alternatives.append(plain(part, &expressions)) }
            return expressions.union(alternatives)
        case .repetition(let part, let least, let most):
            return expressions.repetition(plain(part, &expressions), least, most)
        }
    }

    private mutating func translate(
        _ pattern: Pattern, rest: Expression, atStart: Bool, _ expressions: inout Expressions
    ) throws(PatternError) -> Expression {
        guard pattern.looksAround else { return expressions.concatenation(plain(pattern, &expressions), rest) }
        switch pattern {
        case .empty, .set: return rest
        case .start: return atStart ? rest : .nothing
        case .end: return onlyEnd(of: rest, &expressions)
        case .lookahead(let part, let isPositive):
            let scalar = encoding.scalar(of: .all, &expressions)
            let any = expressions.repetition(scalar, 0, nil)
            let tail = expressions.concatenation(any, encoding.end(&expressions))
            let ahead = try translate(part, rest: tail, atStart: atStart, &expressions)
            return isPositive ? expressions.intersection(rest, ahead) : expressions.difference(rest, ahead)
        case .alternatives(let parts):
            var alternatives: [Expression] = []
            for part in parts {
                alternatives.append(try translate(part, rest: rest, atStart: atStart, &expressions))
            }
            return expressions.union(alternatives)
        case .sequence(let parts): return try translate(parts, rest: rest, atStart: atStart, &expressions)
        case .repetition(let part, let least, let most):
            guard let most, most <= mostUnrolled else {
                throw PatternError(offset: 0, reason: "^, $ and (?...) are not supported in what is repeated")
            }
            var result = rest
            for count in (0..<most).reversed() {
                let isFirst = count == 0 && atStart
                let more = try translate(
                    part, rest: result, atStart: isFirst || part.isZeroWidth && atStart, &expressions)
                result = count < least ? more : expressions.union(rest, more)
            }
            return result
        }
    }

    private mutating func translate(
        _ parts: [Pattern], rest: Expression, atStart: Bool, _ expressions: inout Expressions
    ) throws(PatternError) -> Expression {
        var starts = [atStart]
        for part in parts { starts.append((starts.last ?? false) && part.isZeroWidth) }
        for (index, part) in parts.enumerated() where starts[index] && !starts[index + 1] {
            guard !part.looksAround else { continue }
            let plain = plain(part, &expressions)
            // What may be empty leaves the start where it is: only then could a later ^ match.
            if expressions.isNullable(plain), parts[(index + 1)...].contains(where: { $0.hasStart }) {
                throw PatternError(offset: 0, reason: "^ after what may be empty is not supported")
            }
        }
        var result = rest
        for (index, part) in parts.enumerated().reversed() {
            result = try translate(part, rest: result, atStart: starts[index], &expressions)
        }
        return result
    }

    /// The end, if `rest` may end at once.
    private mutating func onlyEnd(of rest: Expression, _ expressions: inout Expressions) -> Expression {
        let end = encoding.end(&expressions)
        if end == .empty { return expressions.isNullable(rest) ? .empty : .nothing }
        let node = expressions[end]
        guard node.kind == .literal || node.kind == .bytes else { return .nothing }
        let byte = node.kind == .literal ? expressions.literals[Int(node.a)] : expressions.sets[Int(node.a)].bytes[0]
        let afterEnd = expressions.derivative(rest, byte)
        return expressions.isNullable(afterEnd) ? end : .nothing
    }
}
