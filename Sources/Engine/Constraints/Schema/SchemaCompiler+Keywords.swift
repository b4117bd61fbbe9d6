import JSONValues
import OrderedCollections

/// From the keywords of one subschema to a set of values.
extension SchemaCompiler {
    private static let stringKeywords: Set = ["minLength", "maxLength", "pattern", "format"]
    private static let numberKeywords: Set = [
        "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf",
    ]
    private static let arrayKeywords: Set = [
        "items", "prefixItems", "additionalItems", "minItems", "maxItems", "uniqueItems", "contains", "minContains",
        "maxContains", "unevaluatedItems",
    ]
    private static let objectKeywords: Set = [
        "properties", "patternProperties", "additionalProperties", "propertyNames", "required", "minProperties",
        "maxProperties", "dependentRequired", "unevaluatedProperties",
    ]
    private static let refused: Set = ["$dynamicRef", "$recursiveRef"]
    private static let refusedInDraft3: Set = ["extends", "disallow", "divisibleBy"]
    static let types: Set = ["null", "boolean", "integer", "number", "string", "array", "object", "any"]

    mutating func values(at place: Int) throws(ConstraintError) -> ValueSet {
        let json = document.places[place].json
        switch json {
        case .bool(let value): return value ? anything : ValueSet()
        case .object(let schema):
            if document.isOldDraft, schema["$ref"] != nil { return try reference(schema["$ref"], from: place) }
            return try values(of: schema, at: place)
        default: throw error(place, "schema", "a schema is an object or a Boolean, not \(json.kind)")
        }
    }

    func error(_ place: Int, _ keyword: String, _ reason: String) -> ConstraintError {
        .schema(pointer: document.places[place].pointer, keyword: keyword, reason: reason)
    }

    private mutating func values(of schema: JSON.Object, at place: Int) throws(ConstraintError) -> ValueSet {
        var result = anything
        if let type = schema["type"] { restrict(&result, to: try types(type, place)) }
        let isInteger = result.number == text.integer
        for key in ["const", "enum"] {
            guard let value = schema[key] else { continue }
            let values = try constants(value, isList: key == "enum", asInteger: isInteger, place)
            result = try intersection(result, values)
        }
        var done: Set<String> = []
        for (key, value) in schema {
            if Self.stringKeywords.contains(key) {
                if done.insert("string").inserted { try restrictStrings(&result, schema, place) }
            } else if Self.numberKeywords.contains(key) {
                if done.insert("number").inserted { try restrictNumbers(&result, schema, place) }
            } else if Self.arrayKeywords.contains(key) {
                guard done.insert("array").inserted, !result.arrays.isEmpty else { continue }
                let shape = try arrayShape(schema, place)
                result = try intersection(result, only(arrays: shape))
            } else if Self.objectKeywords.contains(key) {
                guard done.insert("object").inserted, !result.objects.isEmpty else { continue }
                let shape = try objectShape(schema, place)
                result = try intersection(result, only(objects: shape))
            } else {
                result = try apply(key, value, schema, to: result, place)
            }
        }
        return result
    }

    /// Everything, but of arrays only `shape`.
    private func only(arrays shape: ArrayShape?) -> ValueSet {
        var set = anything
        set.arrays = shape.map { [$0] } ?? []
        return set
    }

    private func only(objects shape: ObjectShape?) -> ValueSet {
        var set = anything
        set.objects = shape.map { [$0] } ?? []
        return set
    }

    /// Keywords that combine subschemas.
    private mutating func apply(
        _ key: String, _ value: JSON, _ schema: JSON.Object, to set: ValueSet, _ place: Int
    ) throws(ConstraintError) -> ValueSet {
        switch key {
        case "$ref": return try intersection(set, try reference(value, from: place))
        case "allOf":
            var result = set
            for index in try list(value, key, place).indices {
                let part = try values(of: try child(of: place, key, "\(index)"))
                result = try intersection(result, part)
            }
            return result
        case "anyOf":
            var alternatives = ValueSet()
            for index in try list(value, key, place).indices {
                let part = try intersection(set, try values(of: try child(of: place, key, "\(index)")))
                alternatives = try union(alternatives, part)
            }
            return alternatives
        case "oneOf":
            var terms: [Term] = []
            for index in try list(value, key, place).indices { terms.append(try child(of: place, key, "\(index)")) }
            return try exactlyOne(of: terms, within: set, pointer: document.places[place].pointer)
        case "not":
            let inner = try values(of: try child(of: place, key))
            return try intersection(set, try complement(inner, at: document.places[place].pointer))
        case "if": return try conditional(schema, within: set, place)
        case "dependencies", "dependentSchemas": return try dependencies(value, key, within: set, place)
        default:
            let isDraft3 = document.root["$schema"]?.stringValue?.contains("draft-03") ?? false
            if Self.refused.contains(key) || isDraft3 && Self.refusedInDraft3.contains(key) {
                throw error(place, key, "it is not supported")
            }
            return set
        }
    }

    private func list(_ value: JSON, _ key: String, _ place: Int) throws(ConstraintError) -> [JSON] {
        guard let list = value.arrayValue, !list.isEmpty else {
            throw error(place, key, "it is a list of schemas, not \(value.kind) or empty")
        }
        return list
    }

    private mutating func reference(_ value: JSON?, from place: Int) throws(ConstraintError) -> ValueSet {
        guard let text = value?.stringValue else { throw error(place, "$ref", "it is not a string") }
        let target = try document.resolve(text, from: place)
        return try values(of: try term(.place(target)))
    }

    /// Values of `set` that exactly one of `terms` allows.
    private mutating func exactlyOne(
        of terms: [Term], within set: ValueSet, pointer: String
    ) throws(ConstraintError) -> ValueSet {
        var parts: [ValueSet] = []
        for term in terms { parts.append(try intersection(set, try values(of: term))) }
        var result = ValueSet()
        for (index, part) in parts.enumerated() {
            var only = part
            for (other, overlapping) in parts.enumerated() where other != index {
                try spend(20)
                if try areDisjoint(only, overlapping) { continue }
                only = try intersection(only, try complement(overlapping, at: pointer))
            }
            result = try union(result, only)
        }
        return result
    }

    private mutating func conditional(
        _ schema: JSON.Object, within set: ValueSet, _ place: Int
    ) throws(ConstraintError) -> ValueSet {
        guard schema["then"] != nil || schema["else"] != nil else { return set }
        let condition = try values(of: try child(of: place, "if"))
        let pointer = document.places[place].pointer
        var met = try intersection(set, condition)
        if schema["then"] != nil { met = try intersection(met, try values(of: try child(of: place, "then"))) }
        var unmet = try intersection(set, try complement(condition, at: pointer))
        if schema["else"] != nil { unmet = try intersection(unmet, try values(of: try child(of: place, "else"))) }
        return try union(met, unmet)
    }

    private mutating func dependencies(
        _ value: JSON, _ key: String, within set: ValueSet, _ place: Int
    ) throws(ConstraintError) -> ValueSet {
        guard let members = value.objectValue else { throw error(place, key, "it is not an object") }
        var result = set
        for (name, dependency) in members {
            var with = anyObject
            if let others = dependency.arrayValue {
                with.members[name] = Self.any
                with.implications[name] = try names(others, key, place)
                for other in with.implications[name] ?? [] where with.members[other] == nil {
                    with.members[other] = Self.any
                }
                result = try intersection(result, only(objects: with))
                continue
            }
            with.members[name] = Self.any
            with.required = [name]
            var without = anyObject
            without.members[name] = Self.never
            let schema = try values(of: try child(of: place, key, name))
            let met = try intersection(try intersection(result, only(objects: with)), schema)
            var unmet = try intersection(result, only(objects: without))
            unmet.objects += met.objects
            try limit(unmet.objects)
            result = unmet
        }
        return result
    }

    // MARK: Types and constants

    private func types(_ value: JSON, _ place: Int) throws(ConstraintError) -> Set<String> {
        let names = value.stringValue.map { [$0] } ?? (value.arrayValue ?? []).compactMap(\.stringValue)
        guard !names.isEmpty, names.allSatisfy(Self.types.contains) else {
            throw error(place, "type", "\(value.text()) is not the name of a type or a list of names")
        }
        return Set(names)
    }

    private func restrict(_ set: inout ValueSet, to types: Set<String>) {
        if types.contains("any") { return }
        if !types.contains("null") { set.allowsNull = false }
        if !types.contains("boolean") {
            set.allowsFalse = false
            set.allowsTrue = false
        }
        if !types.contains("number") { set.number = types.contains("integer") ? text.integer : .nothing }
        if !types.contains("string") { set.string = .nothing }
        if !types.contains("array") { set.arrays = [] }
        if !types.contains("object") { set.objects = [] }
    }

    private mutating func constants(
        _ value: JSON, isList: Bool, asInteger: Bool, _ place: Int
    ) throws(ConstraintError) -> ValueSet {
        guard isList else { return try literal(value, asInteger: asInteger) }
        guard let list = value.arrayValue else { throw error(place, "enum", "it is not a list") }
        try spend(list.count)
        guard list.count <= Self.mostConstants else {
            throw .tooComplex("\"enum\" has \(list.count) values, more than \(Self.mostConstants)")
        }
        var result = ValueSet()
        var strings: [Expression] = []
        var numbers: [Expression] = []
        for item in list {
            let single = try literal(item, asInteger: asInteger)
            strings.append(single.string)
            numbers.append(single.number)
            result.allowsNull = result.allowsNull || single.allowsNull
            result.allowsFalse = result.allowsFalse || single.allowsFalse
            result.allowsTrue = result.allowsTrue || single.allowsTrue
            for shape in single.arrays where !result.arrays.contains(shape) { result.arrays.append(shape) }
            for shape in single.objects where !result.objects.contains(shape) { result.objects.append(shape) }
        }
        result.string = expressions.union(strings)
        result.number = expressions.union(numbers)
        try limit(result.arrays)
        try limit(result.objects)
        return result
    }

    private static var mostConstants: Int { 20_000 }

    func names(_ list: [JSON], _ key: String, _ place: Int) throws(ConstraintError) -> OrderedSet<String> {
        var names: OrderedSet<String> = []
        for item in list {
            guard let name = item.stringValue else { throw error(place, key, "\(item.text()) is not a name") }
            names.append(name)
        }
        return names
    }

    /// A count from 0 on, nil if the keyword is missing.
    func count(_ key: String, _ schema: JSON.Object, _ place: Int) throws(ConstraintError) -> Int? {
        guard let value = schema[key] else { return nil }
        if let number = value.doubleValue, number > 1e15 { return 1 << 50 }
        guard let count = value.intValue, count >= 0 else {
            throw error(place, key, "\(value.text()) is not a number from 0 on")
        }
        return count
    }
}
