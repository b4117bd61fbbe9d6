/// One value of a file: numbers as they are, strings and arrays by where they lie, checked when the file was opened.
enum GGUFEntry: Sendable {
    /// A number or a Boolean.
    case number(GGUFValue)
    case string(offset: Int)
    case array(type: UInt32, count: Int, offset: Int)

    var kind: String {
        switch self {
        case .number(let value): value.kind
        case .string: "a string"
        case .array: "an array"
        }
    }
}

extension FileCursor {
    private static let maximumArrayDepth = 8
    /// The fewest bytes that a value takes, by the number of its metadata type.
    private static let widths = [1, 1, 2, 2, 4, 4, 4, 1, 8, 12, 8, 8, 8]

    /// Reads one value of the metadata type with this number; arrays and strings are checked and skipped over.
    mutating func readValue(type: UInt32, depth: Int = 0) throws(CheckpointError) -> GGUFEntry {
        switch type {
        case 0: return .number(.uint8(try read(UInt8.self)))
        case 1: return .number(.int8(try read(Int8.self)))
        case 2: return .number(.uint16(try read(UInt16.self)))
        case 3: return .number(.int16(try read(Int16.self)))
        case 4: return .number(.uint32(try read(UInt32.self)))
        case 5: return .number(.int32(try read(Int32.self)))
        case 6: return .number(.float32(try read(Float.self)))
        case 7:
            let byte = try read(UInt8.self)
            guard byte <= 1 else { throw error("a Boolean is 0 or 1, not \(byte)") }
            return .number(.bool(byte == 1))
        case 8:
            let start = offset
            try skipString()
            return .string(offset: start)
        case 9: return try readArray(depth: depth)
        case 10: return .number(.uint64(try read(UInt64.self)))
        case 11: return .number(.int64(try read(Int64.self)))
        case 12: return .number(.float64(try read(Double.self)))
        default: throw error("\(type) is not a metadata type")
        }
    }

    private mutating func readArray(depth: Int) throws(CheckpointError) -> GGUFEntry {
        guard depth < Self.maximumArrayDepth else {
            throw error("arrays nest deeper than \(Self.maximumArrayDepth)")
        }
        let type = try read(UInt32.self)
        let count = try readCount()
        let start = offset
        guard Int(type) < Self.widths.count else { throw error("\(type) is not a metadata type") }
        let width = Self.widths[Int(type)]
        guard count <= remaining / width else {
            throw error("an array of \(count) elements cannot fit in the file")
        }
        switch type {
        case 7: for _ in 0..<count { _ = try readValue(type: type) }
        case 8: for _ in 0..<count { try skipString() }
        case 9: for _ in 0..<count { _ = try readArray(depth: depth + 1) }
        default: try skip(count * width)
        }
        return .array(type: type, count: count, offset: start)
    }
}
