import JSONValues

/// Says whether a value meets a schema, straight from JSON Schema's specification: nothing of it is shared with what makes
/// constraints. It knows the keywords of ``RandomSchema``.
struct SchemaValidator {
    let root: JSON

    func accepts(_ value: JSON, _ schema: JSON) -> Bool {
        if let isAllowed = schema.boolValue { return isAllowed }
        guard let members = schema.objectValue else { return false }
        return members.allSatisfy { meets(value, $0.key, $0.value, members) }
    }

    private func meets(_ value: JSON, _ key: String, _ argument: JSON, _ schema: JSON.Object) -> Bool {
        switch key {
        case "type": return hasType(value, argument.stringValue ?? "")
        case "enum": return (argument.arrayValue ?? []).contains { isEqual($0, value) }
        case "const": return isEqual(argument, value)
        case "$ref": return accepts(value, target(argument.stringValue ?? ""))
        case "allOf": return (argument.arrayValue ?? []).allSatisfy { accepts(value, $0) }
        case "anyOf": return (argument.arrayValue ?? []).contains { accepts(value, $0) }
        case "oneOf": return (argument.arrayValue ?? []).count { accepts(value, $0) } == 1
        case "not": return !accepts(value, argument)
        case "if": return accepts(value, schema[accepts(value, argument) ? "then" : "else"] ?? true)
        default: break
        }
        if let string = value.stringValue { return meets(string: string, key, argument) }
        if let number = number(value) { return meets(number: number, key, argument) }
        if let elements = value.arrayValue { return meets(array: elements, key, argument, schema) }
        if let object = value.objectValue { return meets(object: object, key, argument, schema) }
        return true
    }

    private func meets(string: String, _ key: String, _ argument: JSON) -> Bool {
        switch key {
        case "minLength": string.unicodeScalars.count >= argument.intValue ?? 0
        case "maxLength": string.unicodeScalars.count <= argument.intValue ?? 0
        case "pattern": matches(string, argument.stringValue ?? "")
        case "format": Self.formats[argument.stringValue ?? ""].map { matches(string, $0) } ?? true
        default: true
        }
    }

    /// What every text of these formats looks like.
    private static let formats = [
        "date": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "ipv4": "^[0-9]{1,3}(\\.[0-9]{1,3}){3}$",
        "uuid": "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$",
        "time": "^[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})$",
    ]

    private func meets(number: Double, _ key: String, _ argument: JSON) -> Bool {
        let bound = argument.doubleValue ?? 0
        switch key {
        case "minimum": return number >= bound
        case "maximum": return number <= bound
        case "exclusiveMinimum": return number > bound
        case "exclusiveMaximum": return number < bound
        case "multipleOf":
            let quotient = number / bound
            return abs(quotient - quotient.rounded()) < 1e-9
        default: return true
        }
    }

    private func meets(array: [JSON], _ key: String, _ argument: JSON, _ schema: JSON.Object) -> Bool {
        switch key {
        case "minItems": array.count >= argument.intValue ?? 0
        case "maxItems": array.count <= argument.intValue ?? 0
        case "items":
            array.dropFirst(schema["prefixItems"]?.arrayValue?.count ?? 0).allSatisfy { accepts($0, argument) }
        case "prefixItems": zip(array, argument.arrayValue ?? []).allSatisfy { accepts($0, $1) }
        case "contains": array.contains { accepts($0, argument) }
        case "uniqueItems":
            array.indices.allSatisfy { index in !array[..<index].contains { isEqual($0, array[index]) } }
        default: true
        }
    }

    private func meets(object: JSON.Object, _ key: String, _ argument: JSON, _ schema: JSON.Object) -> Bool {
        let names = argument.arrayValue?.compactMap(\.stringValue) ?? []
        switch key {
        case "required": return names.allSatisfy { object[$0] != nil }
        case "properties":
            return (argument.objectValue ?? [:]).allSatisfy { name, part in
                object[name].map { accepts($0, part) } ?? true
            }
        case "patternProperties":
            return (argument.objectValue ?? [:]).allSatisfy { pattern, part in
                object.allSatisfy { !matches($0.key, pattern) || accepts($0.value, part) }
            }
        case "additionalProperties":
            let patterns = schema["patternProperties"]?.objectValue?.keys.map { $0 } ?? []
            return object.allSatisfy { name, member in
                schema["properties"]?[name] != nil || patterns.contains { matches(name, $0) }
                    || accepts(member, argument)
            }
        case "propertyNames": return object.keys.allSatisfy { accepts(.string($0), argument) }
        case "minProperties": return object.count >= argument.intValue ?? 0
        case "maxProperties": return object.count <= argument.intValue ?? 0
        case "dependentRequired":
            return (argument.objectValue ?? [:]).allSatisfy { name, others in
                object[name] == nil || (others.arrayValue ?? []).allSatisfy { object[$0.stringValue ?? ""] != nil }
            }
        default: return true
        }
    }

    private func hasType(_ value: JSON, _ type: String) -> Bool {
        switch type {
        case "integer": number(value).map { $0 == $0.rounded() } ?? false
        case "number": number(value) != nil
        case "null": value == .null
        case "boolean": value.boolValue != nil
        case "string": value.stringValue != nil
        case "array": value.arrayValue != nil
        case "object": value.objectValue != nil
        default: false
        }
    }

    private func number(_ value: JSON) -> Double? {
        if case .largeInteger(let digits) = value { return Double(digits) }
        return value.doubleValue
    }

    private func isEqual(_ first: JSON, _ second: JSON) -> Bool {
        if let left = number(first), let right = number(second) { return left == right }
        if let left = first.arrayValue, let right = second.arrayValue {
            return left.count == right.count && zip(left, right).allSatisfy { isEqual($0, $1) }
        }
        if let left = first.objectValue, let right = second.objectValue {
            return left.count == right.count
                && left.allSatisfy { name, member in right[name].map { isEqual(member, $0) } ?? false }
        }
        return first == second
    }

    private func matches(_ string: String, _ pattern: String) -> Bool {
        // Swift's $ also matches before a last line end.
        let pattern = pattern.replacing("$", with: "\\z")
        guard let regex = try? Regex(pattern).matchingSemantics(.unicodeScalar) else { return false }
        return string.firstMatch(of: regex) != nil
    }

    private func target(_ reference: String) -> JSON {
        switch reference {
        case "#/$defs/A": root["$defs"]?["A"] ?? false
        case "#/$defs/B": root["$defs"]?["B"] ?? false
        case "#": root
        default: false
        }
    }
}
