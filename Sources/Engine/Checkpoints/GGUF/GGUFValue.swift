package import JSONValues

/// A metadata value of a GGUF file, with the type that it has there, so that it can be written back as it was.
package enum GGUFValue: Sendable, Hashable {
    case uint8(UInt8)
    case int8(Int8)
    case uint16(UInt16)
    case int16(Int16)
    case uint32(UInt32)
    case int32(Int32)
    case float32(Float)
    case bool(Bool)
    case string(String)
    /// Elements that are all of the type with this number, which an empty array has, too.
    case array([GGUFValue], type: UInt32)
    case uint64(UInt64)
    case int64(Int64)
    case float64(Double)

    /// An array of the type of its first element; of `uint32` if it is empty.
    package static func array(_ elements: [GGUFValue]) -> GGUFValue {
        .array(elements, type: elements.first?.typeNumber ?? 4)
    }

    /// The number of the type in the file.
    package var typeNumber: UInt32 {
        switch self {
        case .uint8: 0
        case .int8: 1
        case .uint16: 2
        case .int16: 3
        case .uint32: 4
        case .int32: 5
        case .float32: 6
        case .bool: 7
        case .string: 8
        case .array: 9
        case .uint64: 10
        case .int64: 11
        case .float64: 12
        }
    }

    /// The value as JSON has it. Unsigned integers above `Int.max` become doubles.
    package var json: JSON {
        switch self {
        case .uint8(let value): .integer(Int(value))
        case .int8(let value): .integer(Int(value))
        case .uint16(let value): .integer(Int(value))
        case .int16(let value): .integer(Int(value))
        case .uint32(let value): .integer(Int(value))
        case .int32(let value): .integer(Int(value))
        case .int64(let value): .integer(Int(value))
        case .uint64(let value): Int(exactly: value).map(JSON.integer) ?? .largeInteger(String(value))
        case .float32(let value): .number(Double(value))
        case .float64(let value): .number(value)
        case .bool(let value): .bool(value)
        case .string(let value): .string(value)
        case .array(let elements, _): .array(elements.map(\.json))
        }
    }

    var kind: String {
        switch self {
        case .float32, .float64: "a number"
        case .bool: "a Boolean"
        case .string: "a string"
        case .array: "an array"
        case .uint8, .int8, .uint16, .int16, .uint32, .int32, .uint64, .int64: "an integer"
        }
    }
}
