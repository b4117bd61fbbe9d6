import JSONValues
import OrderedCollections

/// Keywords on arrays and objects.
extension SchemaCompiler {
    /// The arrays that the keywords of one subschema allow; nil if none.
    mutating func arrayShape(_ schema: JSON.Object, _ place: Int) throws(ConstraintError) -> ArrayShape? {
        var shape = anyArray
        if let prefix = schema["prefixItems"] {
            guard let list = prefix.arrayValue else { throw error(place, "prefixItems", "it is not a list") }
            for index in list.indices { shape.prefix.append(try child(of: place, "prefixItems", "\(index)")) }
        }
        if let list = schema["items"]?.arrayValue {
            for index in list.indices { shape.prefix.append(try child(of: place, "items", "\(index)")) }
            if schema["additionalItems"] != nil { shape.rest = try child(of: place, "additionalItems") }
        } else if schema["items"] != nil {
            shape.rest = try child(of: place, "items")
        }
        if schema["unevaluatedItems"] != nil {
            guard !combines(schema), schema["contains"] == nil else {
                throw error(place, "unevaluatedItems", "beside keywords that combine schemas it is not supported")
            }
            if schema["items"] == nil { shape.rest = try child(of: place, "unevaluatedItems") }
        }
        shape.least = try count("minItems", schema, place) ?? 0
        shape.most = try count("maxItems", schema, place)
        shape.isUnique = schema["uniqueItems"]?.boolValue ?? false
        if schema["contains"] != nil { try addContains(schema, to: &shape, place) }
        return normalized(shape)
    }

    private mutating func addContains(
        _ schema: JSON.Object, to shape: inout ArrayShape, _ place: Int
    ) throws(ConstraintError) {
        let least = try count("minContains", schema, place) ?? 1
        let element = try child(of: place, "contains")
        switch (least, try count("maxContains", schema, place)) {
        case (0, nil): break
        case (1, nil):
            shape.contains = [element]
            shape.least = max(shape.least, 1)
        case (0, 0):
            let other = try not(element)
            shape.rest = try both(shape.rest, other)
            for index in shape.prefix.indices { shape.prefix[index] = try both(shape.prefix[index], other) }
        case (_, nil): throw error(place, "minContains", "more than 1 is not supported")
        default: throw error(place, "maxContains", "it is not supported")
        }
    }

    /// Whether keywords are there that say something about the same value.
    private func combines(_ schema: JSON.Object) -> Bool {
        ["$ref", "allOf", "anyOf", "oneOf", "not", "if", "dependentSchemas", "dependencies"].contains {
            schema[$0] != nil
        }
    }

    /// The objects that the keywords of one subschema allow; nil if none.
    mutating func objectShape(_ schema: JSON.Object, _ place: Int) throws(ConstraintError) -> ObjectShape? {
        var shape = ObjectShape()
        var other = Self.any
        if schema["additionalProperties"] != nil {
            other = try child(of: place, "additionalProperties")
        } else if schema["unevaluatedProperties"] != nil {
            guard !combines(schema) else {
                throw error(place, "unevaluatedProperties", "beside keywords that combine schemas it is not supported")
            }
            other = try child(of: place, "unevaluatedProperties")
        }
        let patterns = try patternTerms(schema, place)
        shape.extras = try extras(patterns, other: other, place)
        if let properties = schema["properties"] {
            guard let members = properties.objectValue else { throw error(place, "properties", "it is not an object") }
            try spend(members.count)
            for name in members.keys {
                var value = try child(of: place, "properties", name)
                for (keys, term) in patterns where matches(keys, name) { value = try both(value, term) }
                shape.members[name] = value
            }
        }
        if let required = schema["required"], required.boolValue == nil {
            guard let list = required.arrayValue else { throw error(place, "required", "it is not a list of names") }
            shape.required = try names(list, "required", place)
            for name in shape.required where shape.members[name] == nil {
                shape.members[name] = try value(of: name, in: shape)
            }
        }
        shape.least = try count("minProperties", schema, place) ?? 0
        shape.most = try count("maxProperties", schema, place)
        if let dependent = schema["dependentRequired"]?.objectValue {
            for (name, list) in dependent {
                let others = try names(list.arrayValue ?? [], "dependentRequired", place)
                for member in [name] + others where shape.members[member] == nil {
                    shape.members[member] = try value(of: member, in: shape)
                }
                shape.implications[name] = others
            }
        }
        if schema["propertyNames"] != nil { try restrictNames(of: &shape, place) }
        return normalized(shape)
    }

    private mutating func patternTerms(
        _ schema: JSON.Object, _ place: Int
    ) throws(ConstraintError) -> [(keys: Expression, value: Term)] {
        guard let value = schema["patternProperties"] else { return [] }
        guard let patterns = value.objectValue else { throw error(place, "patternProperties", "it is not an object") }
        var result: [(Expression, Term)] = []
        for pattern in patterns.keys {
            let keys = try search(pattern, "patternProperties", place)
            result.append((keys, try child(of: place, "patternProperties", pattern)))
        }
        return result
    }

    /// Splits all keys by the patterns that they match.
    private mutating func extras(
        _ patterns: [(keys: Expression, value: Term)], other: Term, _ place: Int
    ) throws(ConstraintError) -> [ObjectShape.Extra] {
        var classes: [(keys: Expression, value: Term?)] = [(text.string, nil)]
        for pattern in patterns {
            var next: [(Expression, Term?)] = []
            for part in classes {
                try spend(50)
                let inside = live(intersection(part.keys, pattern.keys, all: text.string))
                if inside != .nothing {
                    let value = try part.value.map { value throws(ConstraintError) in try both(value, pattern.value) }
                    next.append((inside, value ?? pattern.value))
                }
                if pattern.keys == text.string { continue }
                let outside = live(expressions.difference(part.keys, pattern.keys))
                if outside != .nothing { next.append((outside, part.value)) }
            }
            guard next.count <= 64 else {
                throw error(place, "patternProperties", "its patterns overlap in more than 64 ways")
            }
            classes = next
        }
        return classes.map { ObjectShape.Extra(keys: $0.keys, value: $0.value ?? other) }.filter {
            $0.value != Self.never
        }
    }

    private mutating func restrictNames(of shape: inout ObjectShape, _ place: Int) throws(ConstraintError) {
        let allowed = try values(of: try child(of: place, "propertyNames")).string
        guard allowed != text.string else { return }
        for name in shape.members.keys where !matches(allowed, name) { shape.members[name] = Self.never }
        var extras: [ObjectShape.Extra] = []
        for extra in shape.extras {
            let keys = live(intersection(extra.keys, allowed, all: text.string))
            if keys != .nothing { extras.append(.init(keys: keys, value: extra.value)) }
        }
        shape.extras = extras
    }
}
