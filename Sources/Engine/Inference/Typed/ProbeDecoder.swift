import JSONValues

/// What a type asked for while it decoded itself.
final class TypeNotes {
    let builder: TypeSchemaBuilder
    /// The schema of a type that is one value of another.
    var single: JSON?
    private var properties: JSON.Object = [:]
    private var optional: Set<String> = []

    init(builder: TypeSchemaBuilder) { self.builder = builder }

    var object: JSON {
        let required = properties.keys.filter { !optional.contains($0) }
        return [
            "type": "object", "properties": .object(properties), "required": .array(required.map { .string($0) }),
            "additionalProperties": false,
        ]
    }

    func add(_ name: String, _ schema: JSON) {
        properties[name] = optional.contains(name) ? Self.orNull(schema) : schema
    }

    func markOptional(_ name: String) { optional.insert(name) }

    private static func orNull(_ schema: JSON) -> JSON { ["anyOf": [schema, ["type": "null"]]] }
}

/// Answers every question of a type with some value, and notes it.
struct ProbeDecoder: Decoder {
    let notes: TypeNotes
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(Members(notes: notes))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        throw TypeSchemaError(type: "a type that decodes an array itself", reason: "conform it to Schematic")
    }

    func singleValueContainer() throws -> any SingleValueDecodingContainer { Single(notes: notes) }

    private static func refusal(_ what: String) -> TypeSchemaError {
        TypeSchemaError(type: "a type with \(what)", reason: "conform it to Schematic")
    }

    private struct Members<Key: CodingKey>: KeyedDecodingContainerProtocol {
        let notes: TypeNotes
        var codingPath: [any CodingKey] { [] }
        var allKeys: [Key] { [] }

        func contains(_ key: Key) -> Bool { true }

        /// Only asked of members that may be missing.
        func decodeNil(forKey key: Key) -> Bool {
            notes.markOptional(key.stringValue)
            return false
        }

        func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
            let found = try notes.builder.probe(type)
            notes.add(key.stringValue, found.schema)
            return found.value
        }

        func decodeIfPresent<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T? {
            notes.markOptional(key.stringValue)
            notes.add(key.stringValue, try notes.builder.schema(of: type))
            return nil
        }

        func nestedContainer<Nested>(
            keyedBy type: Nested.Type, forKey key: Key
        ) throws -> KeyedDecodingContainer<Nested> { throw ProbeDecoder.refusal("containers within its own") }
        func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
            throw ProbeDecoder.refusal("containers within its own")
        }
        func superDecoder() throws -> any Decoder { throw ProbeDecoder.refusal("a superclass that decodes") }
        func superDecoder(forKey key: Key) throws -> any Decoder {
            throw ProbeDecoder.refusal("a superclass that decodes")
        }
    }

    private struct Single: SingleValueDecodingContainer {
        let notes: TypeNotes
        var codingPath: [any CodingKey] { [] }

        func decodeNil() -> Bool { false }
        func decode<T: Decodable>(_ type: T.Type) throws -> T {
            let found = try notes.builder.probe(type)
            notes.single = found.schema
            return found.value
        }
    }
}
