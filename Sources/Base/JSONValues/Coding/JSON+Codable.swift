/// Why a value cannot be made from JSON, or JSON from a value: where in it, and what is wrong.
public struct JSONCodingError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The file or message, if it is known.
    public let source: String?
    /// The keys and indices on the way, such as `tasks[2].name`; empty for the whole.
    public let path: String
    /// What is wrong.
    public let reason: String

    /// The whole message.
    public var description: String {
        [source, path.isEmpty ? nil : path, reason].compactMap { $0 }.joined(separator: ": ")
    }

    init(source: String?, codingPath: [any CodingKey], reason: String) {
        self.source = source
        self.reason = reason
        path = codingPath.reduce(into: "") { path, key in
            if let index = key.intValue {
                path += "[\(index)]"
            } else {
                path += path.isEmpty ? key.stringValue : "." + key.stringValue
            }
        }
    }

    init(_ error: any Error, source: String?) {
        switch error {
        case DecodingError.keyNotFound(let key, let context):
            self.init(source: source, codingPath: context.codingPath + [key], reason: "it is missing")
        case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context),
            DecodingError.dataCorrupted(let context):
            self.init(source: source, codingPath: context.codingPath, reason: context.debugDescription)
        case EncodingError.invalidValue(_, let context):
            self.init(source: source, codingPath: context.codingPath, reason: context.debugDescription)
        default: self.init(source: source, codingPath: [], reason: "\(error)")
        }
    }
}

extension JSON {
    /// Makes JSON of a value: members in the order in which they are encoded, integers of every width digit for digit.
    ///
    ///     struct Task: Codable { var name: String; var shots: Int }
    ///     try JSON(encoding: Task(name: "arc", shots: 25)).text()  // {"name":"arc","shots":25}
    ///
    /// Numbers that JSON lacks (infinity, not a number) are an error.
    public init(encoding value: some Encodable) throws(JSONCodingError) {
        do {
            let place = EncodingPlace()
            try place.encode(value, at: [])
            self = place.json
        } catch {
            throw JSONCodingError(error, source: nil)
        }
    }

    /// Makes a value of JSON.
    ///
    ///     let task = try JSON(parsing: text, source: "arc.json").decode(Task.self, source: "arc.json")
    ///
    /// - Parameter source: The file or message, for errors.
    public func decode<T: Decodable>(_ type: T.Type, source: String? = nil) throws(JSONCodingError) -> T {
        do {
            return try JSONValueDecoder(json: self, codingPath: []).decode(type)
        } catch {
            throw JSONCodingError(error, source: source)
        }
    }
}

/// A key that is a name or an index.
struct AnyKey: CodingKey {
    let stringValue: String
    let intValue: Int?

    init(stringValue: String) { (self.stringValue, intValue) = (stringValue, nil) }
    init(intValue: Int) { (stringValue, self.intValue) = (String(intValue), intValue) }
}

extension JSON: Codable {
    /// Writes the value as itself, into other formats too.
    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .array(let elements):
            var container = encoder.unkeyedContainer()
            for element in elements { try container.encode(element) }
        case .object(let members):
            var container = encoder.container(keyedBy: AnyKey.self)
            for (key, value) in members { try container.encode(value, forKey: AnyKey(stringValue: key)) }
        default:
            var container = encoder.singleValueContainer()
            switch self {
            case .bool(let value): try container.encode(value)
            case .integer(let value): try container.encode(value)
            case .largeInteger(let digits): try Self.encode(digits, to: &container)
            case .number(let value): try container.encode(value)
            case .string(let value): try container.encode(value)
            default: try container.encodeNil()
            }
        }
    }

    private static func encode(_ digits: String, to container: inout any SingleValueEncodingContainer) throws {
        if let value = Int128(digits) { return try container.encode(value) }
        if let value = UInt128(digits) { return try container.encode(value) }
        throw EncodingError.invalidValue(
            digits, .init(codingPath: container.codingPath, debugDescription: "\(digits) has more than 128 bits"))
    }

    /// Reads any value, of other formats too; those do not keep the order of keys.
    public init(from decoder: any Decoder) throws {
        if let container = try? decoder.container(keyedBy: AnyKey.self) {
            let keys = container.allKeys
            self = .object(
                try Object(
                    keys.map { ($0.stringValue, try container.decode(JSON.self, forKey: $0)) }, uniquingKeysWith: { $1 }
                ))
            return
        }
        if var container = try? decoder.unkeyedContainer() {
            var elements: [JSON] = []
            while !container.isAtEnd { elements.append(try container.decode(JSON.self)) }
            self = .array(elements)
            return
        }
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Int.self) {
            self = .integer(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else {
            self = .string(try container.decode(String.self))
        }
    }
}
