public import JSONValues

/// A type that says itself how its values look as JSON, such as one with bounds that Swift's types do not have.
public protocol Schematic: Decodable {
    /// A JSON Schema of the values that the type decodes.
    static var schema: JSON { get }
    /// Some value, for types around this one whose schema is found by decoding.
    static var sample: Self { get }
}

/// Why a type has no schema.
public struct TypeSchemaError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The type.
    public let type: String
    /// What is wrong, and what to do.
    public let reason: String

    /// The whole message.
    public var description: String { "no JSON Schema can be made of \(type): \(reason)" }
}

extension JSON {
    /// The schema of what a type decodes, found by letting it decode nothing and noting what it asks for.
    ///
    /// Members come in the order in which the type decodes them, with synthesized conformances as they are declared; optional ones
    /// may be missing or null; there are no others. Enumerations of strings or integers must be `CaseIterable`. What decodes
    /// itself in other ways says so through ``Schematic``.
    ///
    /// - Throws: `TypeSchemaError`, naming the type.
    public static func schema<Value: Decodable>(of type: Value.Type) throws(TypeSchemaError) -> JSON {
        let builder = TypeSchemaBuilder()
        do {
            var schema = try builder.probe(type).schema
            if !builder.definitions.isEmpty {
                // A reference may have no neighbours in older drafts.
                schema = schema["$ref"] == nil ? schema : ["allOf": [schema]]
                guard case .object(var members) = schema else { return schema }
                members["$defs"] = .object(builder.definitions)
                return .object(members)
            }
            return schema
        } catch let error as TypeSchemaError {
            throw error
        } catch {
            throw TypeSchemaError(type: "\(type)", reason: "\(error); conform it, or the part that fails, to Schematic")
        }
    }
}

/// Finds schemas of types, each with some value of the type.
final class TypeSchemaBuilder {
    private(set) var definitions: JSON.Object = [:]
    private var inProgress: [ObjectIdentifier] = []
    private var recursive: Set<ObjectIdentifier> = []
    private var names: [ObjectIdentifier: String] = [:]

    func probe<T: Decodable>(_ type: T.Type) throws -> (schema: JSON, value: T) {
        if let known = try Self.leaf(type) ?? container(type), let value = known.value as? T {
            return (known.schema, value)
        }
        let identity = ObjectIdentifier(type)
        guard !inProgress.contains(identity) else {
            throw TypeSchemaError(type: "\(type)", reason: "it always contains itself")
        }
        inProgress.append(identity)
        defer { inProgress.removeLast() }
        let notes = TypeNotes(builder: self)
        let value: T
        do { value = try T(from: ProbeDecoder(notes: notes)) } catch let error as DecodingError {
            throw TypeSchemaError(
                type: "\(type)",
                reason: "it does not decode what a schema is found with (\(error)); conform it to Schematic")
        }
        let schema = notes.single ?? notes.object
        guard recursive.contains(identity) else { return (schema, value) }
        definitions[name(of: type)] = schema
        return (reference(to: type), value)
    }

    /// The schema of what a container holds, which may be a type that contains the container.
    func schema(of type: any Decodable.Type) throws -> JSON {
        if inProgress.contains(ObjectIdentifier(type)) {
            recursive.insert(ObjectIdentifier(type))
            return reference(to: type)
        }
        func open<T: Decodable>(_ type: T.Type) throws -> JSON { try probe(type).schema }
        return try open(type)
    }

    private func reference(to type: any Decodable.Type) -> JSON { ["$ref": .string("#/$defs/\(name(of: type))")] }

    /// A name that no other type has.
    private func name(of type: any Decodable.Type) -> String {
        if let known = names[ObjectIdentifier(type)] { return known }
        let plain = String("\(type)".filter { $0.isLetter || $0.isNumber })
        let name = names.values.contains(plain) ? "\(plain)\(names.count)" : plain
        names[ObjectIdentifier(type)] = name
        return name
    }

    private static func leaf(_ type: any Decodable.Type) throws -> (schema: JSON, value: Any)? {
        switch type {
        case let type as any Schematic.Type: return (type.schema, type.sample)
        case is JSON.Type: return (true, JSON.null)
        case is Bool.Type: return (["type": "boolean"], false)
        case is String.Type: return (["type": "string"], "")
        case is Double.Type: return (["type": "number"], 0.0)
        case is Float.Type: return (["type": "number"], Float(0))
        case let type as any (FixedWidthInteger & Decodable).Type: return integer(type)
        case let type as any CaseIterable.Type: return try cases(type)
        default: return nil
        }
    }

    private static func integer<I: FixedWidthInteger>(_ type: I.Type) -> (schema: JSON, value: Any) {
        func bound(_ value: I) -> JSON { Int(exactly: value).map(JSON.integer) ?? .largeInteger("\(value)") }
        return (["type": "integer", "minimum": bound(.min), "maximum": bound(.max)], I(0))
    }

    private static func cases<E: CaseIterable>(_ type: E.Type) throws -> (schema: JSON, value: Any)? {
        guard let first = type.allCases.first, first is any RawRepresentable else { return nil }
        let values = try type.allCases.map { element -> JSON in
            func raw<R: RawRepresentable>(_ value: R) -> Any { value.rawValue }
            switch (element as? any RawRepresentable).map({ raw($0) }) {
            case let text as String: return .string(text)
            case let number as Int: return .integer(number)
            default:
                throw TypeSchemaError(
                    type: "\(type)", reason: "its raw values are neither strings nor Int; conform it to Schematic")
            }
        }
        return (["enum": .array(values)], first)
    }

    private func container(_ type: any Decodable.Type) throws -> (schema: JSON, value: Any)? {
        switch type {
        case let type as any DecodableList.Type:
            return (["type": "array", "items": try schema(of: type.element)], type.empty)
        case let type as any DecodableOptional.Type:
            return (["anyOf": [try schema(of: type.wrapped), ["type": "null"]]], type.absent)
        case let type as any DecodableMap.Type:
            return (["type": "object", "additionalProperties": try schema(of: type.element)], type.empty)
        default: return nil
        }
    }
}

private protocol DecodableList {
    static var element: any Decodable.Type { get }
    static var empty: Any { get }
}

extension Array: DecodableList where Element: Decodable {
    fileprivate static var element: any Decodable.Type { Element.self }
    fileprivate static var empty: Any { Self() }
}

extension Set: DecodableList where Element: Decodable {
    fileprivate static var element: any Decodable.Type { Element.self }
    fileprivate static var empty: Any { Self() }
}

private protocol DecodableMap {
    static var element: any Decodable.Type { get }
    static var empty: Any { get }
}

extension Dictionary: DecodableMap where Key == String, Value: Decodable {
    fileprivate static var element: any Decodable.Type { Value.self }
    fileprivate static var empty: Any { Self() }
}

private protocol DecodableOptional {
    static var wrapped: any Decodable.Type { get }
    static var absent: Any { get }
}

extension Optional: DecodableOptional where Wrapped: Decodable {
    fileprivate static var wrapped: any Decodable.Type { Wrapped.self }
    fileprivate static var absent: Any { Self.none as Any }
}
