/// A value of a document's metadata.
public enum MetadataValue: Sendable, Hashable, Codable {
    case text(String)
    /// A number; whole ones are kept exactly up to 2^53.
    case number(Double)
    /// Yes or no.
    case flag(Bool)
    /// Several values, each of which is found for itself.
    case list([MetadataValue])

    /// Reads a string, number, boolean or array.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let flag = try? container.decode(Bool.self) {
            self = .flag(flag)
        } else if let number = try? container.decode(Double.self) {
            self = .number(number)
        } else if let text = try? container.decode(String.self) {
            self = .text(text)
        } else {
            self = .list(try container.decode([MetadataValue].self))
        }
    }

    /// Writes a string, number, boolean or array.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .text(let text): try container.encode(text)
        case .number(let number): try container.encode(number)
        case .flag(let flag): try container.encode(flag)
        case .list(let values): try container.encode(values)
        }
    }

    /// The values that are found for themselves.
    package var single: [MetadataValue] {
        if case .list(let values) = self { return values.flatMap(\.single) }
        return [self]
    }
}

extension MetadataValue: ExpressibleByStringLiteral, ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral
{
    public init(stringLiteral value: String) { self = .text(value) }
    public init(floatLiteral value: Double) { self = .number(value) }
    public init(integerLiteral value: Int) { self = .number(Double(value)) }
    /// Yes or no.
    public init(booleanLiteral value: Bool) { self = .flag(value) }
    /// Several values.
    public init(arrayLiteral elements: MetadataValue...) { self = .list(elements) }
}
