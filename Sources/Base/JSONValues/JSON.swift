public import OrderedCollections

/// A JSON value whose objects keep the order of their keys.
///
/// Order matters to chat templates (`tojson` prints keys as they came) and to configuration files that are written
/// back. Whole numbers that fit stay integers, so that token ids and sizes survive unchanged.
public enum JSON: Sendable, Hashable {
    /// An object: keys in the order they were written; a repeated key keeps its last value.
    public typealias Object = OrderedDictionary<String, JSON>

    case null
    case bool(Bool)
    case integer(Int)
    /// A whole number beyond 64 bits, as its digits.
    case largeInteger(String)
    case number(Double)
    case string(String)
    case array([JSON])
    case object(Object)
}

extension JSON {
    /// The value under `key`, or nil if this is not an object or has no such key.
    public subscript(key: String) -> JSON? {
        guard case .object(let members) = self else { return nil }
        return members[key]
    }

    /// The element at `index`, or nil if this is not an array or is shorter.
    public subscript(index: Int) -> JSON? {
        guard case .array(let elements) = self, elements.indices.contains(index) else { return nil }
        return elements[index]
    }

    /// Whether this is `null`.
    public var isNull: Bool { self == .null }

    /// The Boolean, or nil for any other kind.
    public var boolValue: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    /// The integer; a number without a fraction counts (`8.0` is 8). Nil for any other kind.
    public var intValue: Int? {
        switch self {
        case .integer(let value): value
        case .number(let value): Int(exactly: value)
        default: nil
        }
    }

    /// The number as a double, from an integer too; nil for any other kind.
    public var doubleValue: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .largeInteger(let digits): Double(digits)
        case .number(let value): value
        default: nil
        }
    }

    /// The string, or nil for any other kind.
    public var stringValue: String? {
        if case .string(let value) = self { value } else { nil }
    }

    /// The elements, or nil for any other kind.
    public var arrayValue: [JSON]? {
        if case .array(let value) = self { value } else { nil }
    }

    /// The members, or nil for any other kind.
    public var objectValue: Object? {
        if case .object(let value) = self { value } else { nil }
    }

    /// What kind of value this is, for error messages: "a string", "an object", ...
    public var kind: String {
        switch self {
        case .null: "null"
        case .bool: "a Boolean"
        case .integer, .largeInteger: "an integer"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}

extension JSON: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    /// Makes `null`.
    public init(nilLiteral: ()) { self = .null }
    /// Makes a Boolean.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(integerLiteral value: Int) { self = .integer(value) }
    public init(floatLiteral value: Double) { self = .number(value) }
    public init(stringLiteral value: String) { self = .string(value) }
    public init(arrayLiteral elements: JSON...) { self = .array(elements) }
    /// Makes an object; the last of two equal keys wins.
    public init(dictionaryLiteral elements: (String, JSON)...) {
        self = .object(Object(elements, uniquingKeysWith: { $1 }))
    }
}
