import JSONValues

/// Keywords on strings and numbers.
extension SchemaCompiler {
    mutating func restrictStrings(_ set: inout ValueSet, _ schema: JSON.Object, _ place: Int) throws(ConstraintError) {
        let least = try count("minLength", schema, place) ?? 0
        let most = try count("maxLength", schema, place)
        guard set.string != .nothing else { return }
        if least > 0 || most != nil {
            let scalars = expressions.repetition(text.scalar, least, most)
            let bounded = expressions.concatenation([text.quote, scalars, text.quote])
            set.string = intersection(set.string, bounded, all: text.string)
        }
        if let pattern = schema["pattern"] {
            guard let source = pattern.stringValue else { throw error(place, "pattern", "it is not a string") }
            let matching = try search(source, "pattern", place)
            set.string = intersection(set.string, matching, all: text.string)
        }
        if let format = schema["format"] {
            guard let name = format.stringValue else { throw error(place, "format", "it is not a string") }
            if let matching = try self.format(name, place) {
                set.string = intersection(set.string, matching, all: text.string)
            }
        }
        set.string = live(set.string)
    }

    /// Strings in which the pattern `source` is found.
    mutating func search(_ source: String, _ keyword: String, _ place: Int) throws(ConstraintError) -> Expression {
        do {
            let pattern = try PatternParser.parse(source)
            return try strings(matching: pattern, anywhere: true)
        } catch {
            throw self.error(
                place, keyword,
                "the regular expression \"\(source)\", at its character \(error.offset): \(error.reason)")
        }
    }

    mutating func strings(matching pattern: Pattern, anywhere: Bool) throws(PatternError) -> Expression {
        var translator = PatternTranslator(text.encoding)
        let rest =
            anywhere ? try translator.search(pattern, &expressions) : try translator.whole(pattern, &expressions)
        text.encoding = translator.encoding
        return expressions.concatenation(text.quote, rest)
    }

    /// Strings of the format `name`; nil for one that JSON Schema does not define, which says nothing about values.
    private mutating func format(_ name: String, _ place: Int) throws(ConstraintError) -> Expression? {
        if StringFormat.unsupported.contains(name) { throw error(place, "format", "\"\(name)\" is not supported") }
        guard let source = StringFormat.patterns[name] else { return nil }
        do {
            var result = try strings(matching: try PatternParser.parse(source), anywhere: false)
            if let most = StringFormat.longest[name] {
                let bounded = [text.quote, expressions.repetition(text.scalar, 0, most), text.quote]
                result = expressions.intersection(result, expressions.concatenation(bounded))
            }
            return result
        } catch {
            throw self.error(place, "format", "\(error.reason)")
        }
    }

    // MARK: Numbers

    mutating func restrictNumbers(_ set: inout ValueSet, _ schema: JSON.Object, _ place: Int) throws(ConstraintError) {
        var low = try bound("minimum", schema, place)
        var high = try bound("maximum", schema, place)
        var excludesLow = schema["exclusiveMinimum"]?.boolValue ?? false
        var excludesHigh = schema["exclusiveMaximum"]?.boolValue ?? false
        if schema["exclusiveMinimum"]?.boolValue == nil, let bound = try bound("exclusiveMinimum", schema, place),
            low.map({ !$0.isMore(than: bound) }) ?? true
        {
            (low, excludesLow) = (bound, true)
        }
        if schema["exclusiveMaximum"]?.boolValue == nil, let bound = try bound("exclusiveMaximum", schema, place),
            high.map({ !bound.isMore(than: $0) }) ?? true
        {
            (high, excludesHigh) = (bound, true)
        }
        let divisor = try bound("multipleOf", schema, place)
        guard set.number != .nothing, low != nil || high != nil || divisor != nil else { return }
        let isInteger = set.number == text.integer
        let digits = text.unsigned(
            isInteger: isInteger, named: [low, high, divisor].compactMap(\.self), &expressions)
        var positive = [digits]
        var negative = [digits]
        if let divisor { try restrict(&positive, &negative, toMultiplesOf: divisor, place) }
        restrict(&positive, &negative, from: low, excludesLow)
        restrict(&negative, &positive, from: high?.negated, excludesHigh)
        let minus = expressions.byte(UInt8(ascii: "-"))
        let below = expressions.concatenation(minus, live(expressions.intersection(negative)))
        let result = expressions.union(live(expressions.intersection(positive)), below)
        set.number = isInteger || set.number == text.number ? result : expressions.intersection(set.number, result)
        set.number = live(set.number)
    }

    private func bound(_ key: String, _ schema: JSON.Object, _ place: Int) throws(ConstraintError) -> Decimal? {
        guard let value = schema[key] else { return nil }
        switch value {
        case .integer(let number): return Decimal("\(number)")
        case .largeInteger(let digits):
            guard let decimal = Decimal(digits) else { throw error(place, key, "it has 400 digits or more") }
            return decimal
        case .number(let number):
            guard let decimal = Decimal("\(number)") else { throw error(place, key, "\(number) is out of range") }
            return decimal
        case .bool where key.hasPrefix("exclusive"): return nil
        default: throw error(place, key, "it is \(value.kind), not a number")
        }
    }

    /// Keeps in `above` and, with the sign turned, in `below`, what is at least `low`.
    private mutating func restrict(
        _ above: inout [Expression], _ below: inout [Expression], from low: Decimal?, _ isExclusive: Bool
    ) {
        guard let low else { return }
        var size = low
        size.isNegative = false
        if low.isNegative {
            below.append(expressions.decimal(.compares(isExclusive ? .less : .lessOrEqual, size)))
        } else {
            if !low.isZero || isExclusive {
                above.append(expressions.decimal(.compares(isExclusive ? .greater : .greaterOrEqual, size)))
            }
            let onlyZero = low.isZero && !isExclusive
            below.append(onlyZero ? expressions.decimal(.compares(.lessOrEqual, size)) : .nothing)
        }
    }

    private mutating func restrict(
        _ positive: inout [Expression], _ negative: inout [Expression], toMultiplesOf divisor: Decimal, _ place: Int
    ) throws(ConstraintError) {
        guard !divisor.isZero, !divisor.isNegative else {
            throw error(place, "multipleOf", "it must be more than 0")
        }
        guard let number = divisor.digitsWithoutPoint, number <= 1_000_000_000 else {
            throw error(place, "multipleOf", "it has more digits than are supported (9)")
        }
        let places = UInt32(divisor.fraction.count)
        let condition = expressions.decimal(.multiple(divisor: number, places: places))
        positive.append(condition)
        negative.append(condition)
    }
}

extension Decimal {
    var negated: Decimal {
        var result = self
        result.isNegative = !isNegative && !isZero
        return result
    }

    /// Whether it is greater than `other`.
    func isMore(than other: Decimal) -> Bool {
        if isNegative != other.isNegative { return other.isNegative }
        let order = size(comparedTo: other)
        return isNegative ? order < 0 : order > 0
    }

    private func size(comparedTo other: Decimal) -> Int {
        if whole.count != other.whole.count { return whole.count < other.whole.count ? -1 : 1 }
        for (left, right) in zip(whole, other.whole) where left != right { return left < right ? -1 : 1 }
        for index in 0..<max(fraction.count, other.fraction.count) {
            let left = index < fraction.count ? fraction[index] : 0
            let right = index < other.fraction.count ? other.fraction[index] : 0
            if left != right { return left < right ? -1 : 1 }
        }
        return 0
    }
}
