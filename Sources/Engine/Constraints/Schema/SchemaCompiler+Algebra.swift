import JSONValues
import OrderedCollections

/// Unions, intersections and complements of sets of values.
extension SchemaCompiler {
    func limit<Shape>(_ shapes: [Shape]) throws(ConstraintError) {
        if shapes.count > Self.mostShapes {
            throw .tooComplex("one place has more than \(Self.mostShapes) alternatives")
        }
    }

    mutating func union(_ first: ValueSet, _ second: ValueSet) throws(ConstraintError) -> ValueSet {
        var result = first
        result.allowsNull = first.allowsNull || second.allowsNull
        result.allowsFalse = first.allowsFalse || second.allowsFalse
        result.allowsTrue = first.allowsTrue || second.allowsTrue
        result.number =
            first.number == text.number || second.number == text.number
            ? text.number : expressions.union(first.number, second.number)
        result.string =
            first.string == text.string || second.string == text.string
            ? text.string : expressions.union(first.string, second.string)
        if first.arrays.contains(anyArray) || second.arrays.contains(anyArray) {
            result.arrays = [anyArray]
        } else {
            for shape in second.arrays where !result.arrays.contains(shape) { result.arrays.append(shape) }
        }
        if first.objects.contains(anyObject) || second.objects.contains(anyObject) {
            result.objects = [anyObject]
        } else {
            for shape in second.objects where !result.objects.contains(shape) { result.objects.append(shape) }
        }
        try limit(result.arrays)
        try limit(result.objects)
        return result
    }

    mutating func intersection(_ first: ValueSet, _ second: ValueSet) throws(ConstraintError) -> ValueSet {
        var result = ValueSet()
        result.allowsNull = first.allowsNull && second.allowsNull
        result.allowsFalse = first.allowsFalse && second.allowsFalse
        result.allowsTrue = first.allowsTrue && second.allowsTrue
        result.number = live(intersection(first.number, second.number, all: text.number))
        result.string = live(intersection(first.string, second.string, all: text.string))
        for left in first.arrays {
            for right in second.arrays {
                guard let shape = try intersection(left, right), !result.arrays.contains(shape) else { continue }
                result.arrays.append(shape)
            }
        }
        for left in first.objects {
            for right in second.objects {
                guard let shape = try intersection(left, right), !result.objects.contains(shape) else { continue }
                result.objects.append(shape)
            }
            try limit(result.objects)
        }
        try limit(result.arrays)
        return result
    }

    mutating func intersection(_ first: Expression, _ second: Expression, all: Expression) -> Expression {
        if first == all { return second }
        if second == all { return first }
        return expressions.intersection(first, second)
    }

    /// `expression`, or nothing if it matches nothing.
    mutating func live(_ expression: Expression) -> Expression {
        expressions.isLive(expression) ? expression : .nothing
    }

    private func most(_ first: Int?, _ second: Int?) -> Int? {
        guard let first, let second else { return first ?? second }
        return min(first, second)
    }

    private mutating func intersection(_ first: ArrayShape, _ second: ArrayShape) throws(ConstraintError) -> ArrayShape?
    {
        if first == anyArray { return second }
        if second == anyArray { return first }
        try spend(10 + first.prefix.count + second.prefix.count)
        var result = ArrayShape(rest: try both(first.rest, second.rest))
        for index in 0..<max(first.prefix.count, second.prefix.count) {
            result.prefix.append(try both(first.element(index), second.element(index)))
        }
        result.least = max(first.least, second.least)
        result.most = most(first.most, second.most)
        result.contains = first.contains + second.contains.filter { !first.contains.contains($0) }
        result.isUnique = first.isUnique || second.isUnique
        return normalized(result)
    }

    /// Without elements that cannot be there; nil if nothing is left.
    func normalized(_ shape: ArrayShape) -> ArrayShape? {
        var result = shape
        if let end = result.prefix.firstIndex(of: Self.never) { result.most = min(result.most ?? end, end) }
        if result.rest == Self.never { result.most = min(result.most ?? result.prefix.count, result.prefix.count) }
        if let most = result.most {
            if most < result.least { return nil }
            if result.prefix.count >= most {
                result.prefix.removeSubrange(most...)
                result.rest = Self.never
            }
        }
        if result.most ?? 2 <= 1 { result.isUnique = false }
        return result
    }

    private mutating func intersection(
        _ first: ObjectShape, _ second: ObjectShape
    ) throws(ConstraintError) -> ObjectShape? {
        if first == anyObject { return second }
        if second == anyObject { return first }
        try spend(10 + first.members.count + second.members.count)
        var result = ObjectShape()
        for (name, value) in first.members {
            result.members[name] = try both(value, try self.value(of: name, in: second))
        }
        for (name, value) in second.members where result.members[name] == nil {
            result.members[name] = try both(try self.value(of: name, in: first), value)
        }
        for left in first.extras {
            for right in second.extras {
                try spend(10)
                let keys = live(intersection(left.keys, right.keys, all: text.string))
                guard keys != .nothing else { continue }
                let value = try both(left.value, right.value)
                if value != Self.never { result.extras.append(.init(keys: keys, value: value)) }
            }
        }
        result.required = first.required.union(second.required)
        result.least = max(first.least, second.least)
        result.most = most(first.most, second.most)
        result.implications = first.implications
        for (name, others) in second.implications { result.implications[name, default: []].formUnion(others) }
        return normalized(result)
    }

    /// The shape without what contradicts itself; nil if nothing is left.
    func normalized(_ shape: ObjectShape) -> ObjectShape? {
        if shape.required.contains(where: { shape.members[$0] == Self.never }) { return nil }
        var result = shape
        for (name, others) in shape.implications {
            if shape.required.contains(name) {
                if others.contains(where: { shape.members[$0] == Self.never }) { return nil }
                result.required.formUnion(others)
                result.implications[name] = nil
            } else if shape.members[name] == Self.never {
                result.implications[name] = nil
            } else if others.contains(where: { shape.members[$0] == Self.never }) {
                result.members[name] = Self.never
                result.implications[name] = nil
            }
        }
        if let most = result.most, most < max(result.least, result.required.count) { return nil }
        if result.extras.isEmpty, result.members.values.count(where: { $0 != Self.never }) < result.least { return nil }
        return result
    }

    /// What the member called `name` may be.
    mutating func value(of name: String, in shape: ObjectShape) throws(ConstraintError) -> Term {
        if let value = shape.members[name] { return value }
        for extra in shape.extras where extra.keys == text.string || matches(extra.keys, name) { return extra.value }
        return Self.never
    }

    /// Whether `keys`, a set of strings as JSON text, contains `name`.
    mutating func matches(_ keys: Expression, _ name: String) -> Bool {
        var rest = keys
        for byte in JSON.string(name).text().utf8 where rest != .nothing { rest = expressions.derivative(rest, byte) }
        return expressions.isNullable(rest)
    }

    // MARK: Complements

    /// All values but those of `set`.
    mutating func complement(_ set: ValueSet, at pointer: String) throws(ConstraintError) -> ValueSet {
        var result = ValueSet()
        result.allowsNull = !set.allowsNull
        result.allowsFalse = !set.allowsFalse
        result.allowsTrue = !set.allowsTrue
        result.number = complement(ofNumbers: set.number)
        if set.string == .nothing {
            result.string = text.string
        } else if set.string != text.string {
            result.string = live(expressions.difference(text.string, set.string))
        }
        result.arrays = [anyArray]
        for shape in set.arrays {
            var next: [ArrayShape] = []
            for part in try complement(shape, at: pointer) {
                for left in result.arrays { if let both = try intersection(left, part) { next.append(both) } }
                try limit(next)
            }
            result.arrays = next
        }
        result.objects = [anyObject]
        for shape in set.objects {
            var next: [ObjectShape] = []
            for part in try complement(shape, at: pointer) {
                for left in result.objects { if let both = try intersection(left, part) { next.append(both) } }
                try limit(next)
            }
            result.objects = next
        }
        return result
    }

    /// Numbers without those of `numbers`, in whatever way these could be written.
    private mutating func complement(ofNumbers numbers: Expression) -> Expression {
        if numbers == .nothing { return text.number }
        if numbers == text.number { return .nothing }
        // 3.0 is a 3, too.
        let whole = expressions.intersection(numbers, text.integer)
        let zeros = text.zeroFraction(&expressions)
        let others = expressions.union(numbers, expressions.concatenation(whole, zeros))
        return live(expressions.difference(text.decimal, others))
    }

    private mutating func complement(_ shape: ArrayShape, at pointer: String) throws(ConstraintError) -> [ArrayShape] {
        var result: [ArrayShape] = []
        if shape.isUnique { throw unsupported("uniqueItems", pointer) }
        for (index, element) in shape.prefix.enumerated() where element != Self.any {
            let other = try not(element)
            let prefix = Array(repeating: Self.any, count: index) + [other]
            result.append(ArrayShape(prefix: prefix, rest: Self.any, least: index + 1))
        }
        if shape.rest == Self.never {
            result.append(ArrayShape(rest: Self.any, least: shape.prefix.count + 1))
        } else if shape.rest != Self.any {
            guard shape.prefix.isEmpty else { throw unsupported("items", pointer) }
            result.append(ArrayShape(rest: Self.any, least: 1, contains: [try not(shape.rest)]))
        }
        if shape.least > 0 { result.append(ArrayShape(rest: Self.any, most: shape.least - 1)) }
        if let most = shape.most, shape.rest != Self.never || most < shape.prefix.count {
            result.append(ArrayShape(rest: Self.any, least: most + 1))
        }
        for element in shape.contains { result.append(ArrayShape(rest: try not(element))) }
        return result.compactMap { normalized($0) }
    }

    private mutating func complement(_ shape: ObjectShape, at pointer: String) throws(ConstraintError) -> [ObjectShape]
    {
        var result: [ObjectShape] = []
        for name in shape.required {
            var part = anyObject
            part.members[name] = Self.never
            result.append(part)
        }
        for (name, value) in shape.members where value != Self.any {
            var part = anyObject
            part.members[name] = try not(value)
            part.required = [name]
            result.append(part)
        }
        if shape.extras != anyObject.extras { try complementExtras(of: shape, &result, at: pointer) }
        if shape.least > 0 {
            var part = anyObject
            part.most = shape.least - 1
            result.append(part)
        }
        if let most = shape.most {
            var part = anyObject
            part.least = most + 1
            result.append(part)
        }
        for (name, others) in shape.implications {
            for other in others {
                var part = anyObject
                part.members[name] = Self.any
                part.members[other] = Self.never
                part.required = [name]
                result.append(part)
            }
        }
        return result.compactMap { normalized($0) }
    }

    /// Objects with a further member that `shape` does not allow.
    private mutating func complementExtras(
        of shape: ObjectShape, _ result: inout [ObjectShape], at pointer: String
    ) throws(ConstraintError) {
        // One more member than there are names must be another. That is exact where all names are required.
        guard shape.extras.isEmpty, shape.required.count == shape.members.count else {
            throw unsupported(shape.extras.isEmpty ? "additionalProperties" : "patternProperties", pointer)
        }
        var part = anyObject
        part.least = shape.members.count + 1
        result.append(part)
    }

    private func unsupported(_ keyword: String, _ pointer: String) -> ConstraintError {
        .schema(
            pointer: pointer, keyword: keyword,
            reason: "its opposite is needed here, by \"not\", \"oneOf\" or \"if\", but cannot be enforced")
    }

    // MARK: Emptiness

    /// Whether the sets are known to have no value in common.
    mutating func areDisjoint(_ first: ValueSet, _ second: ValueSet) throws(ConstraintError) -> Bool {
        if first.allowsNull && second.allowsNull || first.allowsFalse && second.allowsFalse
            || first.allowsTrue && second.allowsTrue
        {
            return false
        }
        if live(intersection(first.number, second.number, all: text.number)) != .nothing { return false }
        if live(intersection(first.string, second.string, all: text.string)) != .nothing { return false }
        for left in first.arrays {
            for right in second.arrays {
                if let shape = try intersection(left, right), try !isEmpty(shape) { return false }
            }
        }
        for left in first.objects {
            for right in second.objects where try !areDisjoint(left, right) { return false }
        }
        return true
    }

    private mutating func areDisjoint(_ first: ObjectShape, _ second: ObjectShape) throws(ConstraintError) -> Bool {
        for name in first.required.union(second.required) {
            try spend(5)
            let value = try both(try value(of: name, in: first), try value(of: name, in: second))
            if try isEmpty(value) { return true }
        }
        guard let shape = try intersection(first, second) else { return true }
        return try isEmpty(shape)
    }

    /// Whether `term` is known to allow nothing.
    mutating func isEmpty(_ term: Term) throws(ConstraintError) -> Bool {
        if term == Self.any { return false }
        if term == Self.never { return true }
        if let known = emptiness[term] { return known }
        // While it is being looked at it counts as not empty: recursive shapes are taken to end.
        emptiness[term] = false
        let set = try values(of: term)
        var result = !set.hasScalars
        if result { for shape in set.arrays where try !isEmpty(shape) { result = false } }
        if result { for shape in set.objects where try !isEmpty(shape) { result = false } }
        emptiness[term] = result
        return result
    }

    private mutating func isEmpty(_ shape: ArrayShape) throws(ConstraintError) -> Bool {
        for index in 0..<min(shape.least, shape.prefix.count + 1) where try isEmpty(shape.element(index)) {
            return true
        }
        return false
    }

    private mutating func isEmpty(_ shape: ObjectShape) throws(ConstraintError) -> Bool {
        for name in shape.required where try isEmpty(shape.members[name] ?? Self.any) { return true }
        return false
    }
}
