import JSONValues

/// Makes JSON schemas of types by letting them decode from nothing and noting what they ask for.
enum ArgumentSchema {
    static func schema<Value: Decodable>(of type: Value.Type, hints: [String: String], tool: String) throws -> JSON {
        let place = SchemaPlace()
        do { _ = try place.value(type) } catch {
            throw ToolError.noSchema(tool: tool, reason: "\(error)")
        }
        var schema = place.schema
        guard schema["type"] == "object", case .object(var members) = schema else {
            throw ToolError.noSchema(tool: tool, reason: "\(type) is no structure with properties")
        }
        var properties = members["properties"]?.objectValue ?? [:]
        for (name, hint) in hints {
            guard case .object(var property)? = properties[name] else { continue }
            property["description"] = .string(hint)
            properties[name] = .object(property)
        }
        members["properties"] = .object(properties)
        schema = .object(members)
        return schema
    }
}

/// Where a value stands, and what is known of its form.
private final class SchemaPlace {
    var schema: JSON = [:]
    private let depth: Int

    init(depth: Int = 0) { self.depth = depth }

    func inner() throws -> SchemaPlace {
        guard depth < 16 else {
            throw DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: "it contains itself"))
        }
        return SchemaPlace(depth: depth + 1)
    }

    /// A value of a type, whatever it may be, after noting its form.
    func value<Value: Decodable>(_ type: Value.Type) throws -> Value {
        if let found: Value = try simple(type) { return found }
        if let cases = Self.cases(type), let first = cases.first as? Value {
            let names = cases.compactMap { ($0 as? any RawRepresentable)?.rawValue as? String }
            if names.count == cases.count {
                schema = ["type": "string", "enum": .array(names.map(JSON.string))]
                return first
            }
        }
        return try Value(from: SchemaDecoder(place: self))
    }

    private func simple<Value>(_ type: Value.Type) throws -> Value? {
        let integers: [any FixedWidthInteger.Type] = [
            Int.self, Int8.self, Int16.self, Int32.self, Int64.self, UInt.self, UInt8.self, UInt16.self, UInt32.self,
            UInt64.self,
        ]
        if let integer = integers.first(where: { $0 == type }) {
            schema = ["type": "integer"]
            return integer.init(0) as? Value
        }
        switch type {
        case is String.Type:
            schema = ["type": "string"]
            return "" as? Value
        case is Bool.Type:
            schema = ["type": "boolean"]
            return false as? Value
        case is Double.Type:
            schema = ["type": "number"]
            return 0.0 as? Value
        case is Float.Type:
            schema = ["type": "number"]
            return Float(0) as? Value
        case is JSON.Type: return JSON.null as? Value
        default: return nil
        }
    }

    private static func cases(_ type: Any.Type) -> [Any]? {
        func all<Cases: CaseIterable>(_ type: Cases.Type) -> [Any] { type.allCases.map { $0 } }
        guard let type = type as? any CaseIterable.Type else { return nil }
        return all(type)
    }
}

private struct SchemaDecoder: Decoder {
    let place: SchemaPlace
    let codingPath: [any CodingKey] = []
    let userInfo: [CodingUserInfoKey: Any] = [:]

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        place.schema = [
            "type": "object", "properties": [:], "required": [], "additionalProperties": false,
        ]
        return KeyedDecodingContainer(SchemaMembers<Key>(place: place))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer { SchemaElements(place: place) }
    func singleValueContainer() throws -> any SingleValueDecodingContainer { SchemaValue(place: place) }
}

private struct SchemaMembers<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let place: SchemaPlace
    let codingPath: [any CodingKey] = []
    let allKeys: [Key] = []

    func contains(_ key: Key) -> Bool { true }

    /// Only optional properties ask.
    func decodeNil(forKey key: Key) throws -> Bool {
        optional.names.insert(key.stringValue)
        return false
    }

    private final class Optional {
        var names: Set<String> = []
    }

    private let optional = Optional()

    init(place: SchemaPlace) { self.place = place }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        let inner = try place.inner()
        let value = try inner.value(type)
        guard case .object(var members) = place.schema else { return value }
        var properties = members["properties"]?.objectValue ?? [:]
        properties[key.stringValue] = inner.schema
        members["properties"] = .object(properties)
        if !optional.names.contains(key.stringValue) {
            members["required"] = .array((members["required"]?.arrayValue ?? []) + [.string(key.stringValue)])
        }
        place.schema = .object(members)
        return value
    }

    func nestedContainer<Other: CodingKey>(keyedBy type: Other.Type, forKey key: Key) throws -> KeyedDecodingContainer<
        Other
    > { throw Self.unusual }
    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer { throw Self.unusual }
    func superDecoder() throws -> any Decoder { throw Self.unusual }
    func superDecoder(forKey key: Key) throws -> any Decoder { throw Self.unusual }

    private static var unusual: DecodingError {
        .dataCorrupted(.init(codingPath: [], debugDescription: "a type decodes in a way of its own"))
    }
}

private struct SchemaElements: UnkeyedDecodingContainer {
    let place: SchemaPlace
    let codingPath: [any CodingKey] = []
    let count: Int? = 1
    var currentIndex = 0
    var isAtEnd: Bool { currentIndex > 0 }

    init(place: SchemaPlace) {
        self.place = place
        place.schema = ["type": "array"]
    }

    mutating func decodeNil() throws -> Bool { false }

    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        let inner = try place.inner()
        let value = try inner.value(type)
        place.schema = ["type": "array", "items": inner.schema]
        currentIndex += 1
        return value
    }

    mutating func nestedContainer<Other: CodingKey>(keyedBy type: Other.Type) throws -> KeyedDecodingContainer<Other> {
        throw Self.unusual
    }
    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer { throw Self.unusual }
    mutating func superDecoder() throws -> any Decoder { throw Self.unusual }

    private static var unusual: DecodingError {
        .dataCorrupted(.init(codingPath: [], debugDescription: "a type decodes in a way of its own"))
    }
}

private struct SchemaValue: SingleValueDecodingContainer {
    let place: SchemaPlace
    let codingPath: [any CodingKey] = []

    func decodeNil() -> Bool { false }
    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try place.value(type) }
}
