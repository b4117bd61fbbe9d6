import JSONValues

/// Numbers that are the same for the same seed (SplitMix64).
struct SeededNumbers: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// Makes schemas by chance, of all keywords that ``SchemaValidator`` knows; some contradict themselves, some are malformed.
struct RandomSchema {
    var numbers: SeededNumbers

    static let names = ["a", "b", "ab", "kind", "x/y", "é", "n_1"]
    /// Patterns that mean the same in Swift's `Regex`.
    static let patterns = [
        "^[a-c]+$", "b", "^n_", "^[0-9]{2,4}$", "x{2,3}$", "^(ab|cd)*$", "^[^x]{0,3}$", "[^a-z]", "^a[^b]*z$", "(?=a)a",
    ]
    static let formats = ["date", "uuid", "ipv4", "time", "unknown"]

    /// A schema with definitions `A` and `B`, which may refer to themselves.
    mutating func make() -> JSON {
        guard case .object(var schema) = schema(depth: 3) else { return .bool(true) }
        schema["$defs"] = ["A": self.schema(depth: 2), "B": self.schema(depth: 1)]
        return .object(schema)
    }

    private mutating func number(_ range: ClosedRange<Int>) -> Int { .random(in: range, using: &numbers) }
    private mutating func chance(_ percent: Int) -> Bool { number(1...100) <= percent }
    private mutating func one<Element>(_ elements: [Element]) -> Element { elements[number(0...elements.count - 1)] }

    private mutating func schema(depth: Int) -> JSON {
        if chance(3) { return .bool(chance(70)) }
        if chance(1) { return malformed() }
        guard depth > 0 else { return scalar() }
        switch number(0...11) {
        case 0...2: return scalar()
        case 3, 4: return array(depth)
        case 5...8: return object(depth)
        case 9: return ["$ref": .string(one(["#/$defs/A", "#/$defs/B", "#"]))]
        default: return combination(depth)
        }
    }

    private mutating func malformed() -> JSON {
        one([
            ["type": "strin"], ["minLength": -1], ["pattern": "("], ["properties": []], ["$ref": "#/nowhere"],
            ["items": 5], ["multipleOf": 0], ["enum": 1], ["required": "a"],
        ])
    }

    private mutating func scalar() -> JSON {
        switch number(0...6) {
        case 0: return ["enum": .array((0...number(0...3)).map { _ in constant() })]
        case 1: return ["const": constant()]
        case 2: return ["type": .string(one(["boolean", "null"]))]
        case 3, 4: return string()
        default: return numeric()
        }
    }

    private mutating func constant() -> JSON {
        one([nil, true, 0, -3, 1.5, "", "a", "é\"\n", "n_1", [], [1], ["a": 1], 100])
    }

    private mutating func string() -> JSON {
        var schema: JSON.Object = chance(80) ? ["type": "string"] : [:]
        if chance(30) { schema["minLength"] = .integer(number(0...4)) }
        if chance(30) { schema["maxLength"] = .integer(number(0...6)) }
        if chance(40) { schema["pattern"] = .string(one(Self.patterns)) }
        if chance(15) { schema["format"] = .string(one(Self.formats)) }
        return .object(schema)
    }

    private mutating func numeric() -> JSON {
        var schema: JSON.Object = ["type": .string(one(["integer", "number"]))]
        if chance(40) { schema[one(["minimum", "exclusiveMinimum"])] = .integer(number(-20...20)) }
        if chance(40) { schema[one(["maximum", "exclusiveMaximum"])] = .integer(number(-5...2000)) }
        if chance(25) {
            schema["multipleOf"] = one([3, 7, 0.5, 0.25])
            schema["minimum"] = -1000
            schema["maximum"] = 1000
        }
        return .object(schema)
    }

    private mutating func array(_ depth: Int) -> JSON {
        var schema: JSON.Object = ["type": "array"]
        if chance(70) { schema["items"] = self.schema(depth: depth - 1) }
        if chance(25) {
            schema["prefixItems"] = .array((0...number(0...2)).map { _ in self.schema(depth: depth - 1) })
        }
        if chance(30) { schema["minItems"] = .integer(number(0...3)) }
        if chance(30) { schema["maxItems"] = .integer(number(0...5)) }
        if chance(10) { schema["contains"] = self.schema(depth: depth - 1) }
        if chance(8) {
            schema["items"] = ["enum": ["a", "b", "c"]]
            schema["uniqueItems"] = true
        }
        return .object(schema)
    }

    private mutating func object(_ depth: Int) -> JSON {
        var schema: JSON.Object = chance(90) ? ["type": "object"] : [:]
        var properties: JSON.Object = [:]
        for _ in 0..<number(0...4) { properties[one(Self.names)] = self.schema(depth: depth - 1) }
        if !properties.isEmpty { schema["properties"] = .object(properties) }
        if chance(50) { schema["required"] = names(1...3) }
        if chance(40) { schema["additionalProperties"] = chance(60) ? false : self.schema(depth: depth - 1) }
        if chance(10) { schema["patternProperties"] = .object([one(Self.patterns): self.schema(depth: depth - 1)]) }
        if chance(8) { schema["propertyNames"] = ["pattern": .string(one(Self.patterns))] }
        if chance(10) { schema["minProperties"] = .integer(number(0...3)) }
        if chance(10) { schema["maxProperties"] = .integer(number(0...4)) }
        if chance(8) { schema["dependentRequired"] = .object([one(Self.names): names(1...2)]) }
        return .object(schema)
    }

    private mutating func names(_ range: ClosedRange<Int>) -> JSON {
        let count = number(range)
        return .array(Self.names.shuffled(using: &numbers).prefix(count).map { .string($0) })
    }

    private mutating func combination(_ depth: Int) -> JSON {
        var schema: JSON.Object = chance(40) ? (object(depth - 1).objectValue ?? [:]) : [:]
        switch number(0...5) {
        case 0: schema["not"] = scalar()
        case 1:
            schema["if"] = self.schema(depth: depth - 1)
            if chance(80) { schema["then"] = self.schema(depth: depth - 1) }
            if chance(80) { schema["else"] = self.schema(depth: depth - 1) }
        default:
            let parts = (0...number(0...2)).map { _ in self.schema(depth: depth - 1) }
            schema[one(["allOf", "anyOf", "oneOf"])] = .array(parts)
        }
        return .object(schema)
    }
}
