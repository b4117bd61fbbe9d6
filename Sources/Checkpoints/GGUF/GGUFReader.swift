import OrderedCollections
import Tensors

/// Reads the header of a GGUF file, version 2 or 3, little-endian, and checks everything in it.
struct GGUFReader {
    static let maximumDimensions = 4
    static let maximumArrayDepth = 8

    private(set) var metadata: GGUFMetadata
    private(set) var tensors: OrderedDictionary<String, StoredTensor> = [:]
    private var cursor: GGUFCursor

    init(_ file: MappedFile) throws(CheckpointError) {
        cursor = GGUFCursor(file: file)
        metadata = GGUFMetadata(file: file)
        let magic = try cursor.read(UInt32.self)
        guard magic == 0x4655_4747 else {
            throw cursor.error("this is not a GGUF file", at: "offset 0", remedy: "A GGUF file begins with \"GGUF\"")
        }
        let version = try cursor.read(UInt32.self)
        guard version == 2 || version == 3 else {
            let isBigEndian = version.byteSwapped == 2 || version.byteSwapped == 3
            throw cursor.error(
                isBigEndian ? "big-endian GGUF is not read" : "GGUF version \(version) is not read", at: "offset 4",
                remedy: "Convert the model to little-endian GGUF version 3")
        }
        let tensorCount = try cursor.readCount()
        let keyCount = try cursor.readCount()
        // The smallest key takes 13 bytes and the smallest tensor 24.
        guard tensorCount <= cursor.remaining / 24, keyCount <= cursor.remaining / 13 else {
            throw cursor.error("\(tensorCount) tensors and \(keyCount) keys cannot fit in the file", at: "offset 8")
        }
        for _ in 0..<keyCount { try readEntry() }
        let alignment = try metadata.int("general.alignment") ?? 32
        guard alignment > 0, alignment & (alignment - 1) == 0, alignment <= 1 << 30 else {
            throw cursor.error("the alignment \(alignment) is not a power of two", at: "key general.alignment")
        }
        try readTensors(count: tensorCount, alignment: alignment)
    }

    private mutating func readEntry() throws(CheckpointError) {
        let key = try cursor.readString()
        let type = try cursor.read(UInt32.self)
        let value = try Self.readValue(&cursor, type: type, depth: 0)
        guard metadata.entries.updateValue(value, forKey: key) == nil else {
            throw cursor.error("the key appears twice", at: "key \(key)")
        }
    }

    /// Reads one value of the metadata type with this number; arrays and strings are checked and skipped over.
    static func readValue(_ cursor: inout GGUFCursor, type: UInt32, depth: Int) throws(CheckpointError) -> GGUFValue {
        switch type {
        case 0: return .integer(Int(try cursor.read(UInt8.self)))
        case 1: return .integer(Int(try cursor.read(Int8.self)))
        case 2: return .integer(Int(try cursor.read(UInt16.self)))
        case 3: return .integer(Int(try cursor.read(Int16.self)))
        case 4: return .integer(Int(try cursor.read(UInt32.self)))
        case 5: return .integer(Int(try cursor.read(Int32.self)))
        case 6: return .double(Double(try cursor.read(Float.self)))
        case 7:
            let byte = try cursor.read(UInt8.self)
            guard byte <= 1 else { throw cursor.error("a Boolean is 0 or 1, not \(byte)") }
            return .bool(byte == 1)
        case 8:
            let offset = cursor.offset
            try cursor.skipString()
            return .string(offset: offset)
        case 9: return try readArray(&cursor, depth: depth)
        case 10:
            let value = try cursor.read(UInt64.self)
            return Int(exactly: value).map(GGUFValue.integer) ?? .unsigned(value)
        case 11: return .integer(Int(try cursor.read(Int64.self)))
        case 12: return .double(try cursor.read(Double.self))
        default: throw cursor.error("\(type) is not a metadata type")
        }
    }

    private static func readArray(_ cursor: inout GGUFCursor, depth: Int) throws(CheckpointError) -> GGUFValue {
        guard depth < maximumArrayDepth else { throw cursor.error("arrays nest deeper than \(maximumArrayDepth)") }
        let type = try cursor.read(UInt32.self)
        let count = try cursor.readCount()
        let offset = cursor.offset
        let widths = [1, 1, 2, 2, 4, 4, 4, 1, 8, 12, 8, 8, 8]
        guard Int(type) < widths.count else { throw cursor.error("\(type) is not a metadata type") }
        let width = widths[Int(type)]
        guard count <= cursor.remaining / width else {
            throw cursor.error("an array of \(count) elements cannot fit in the file")
        }
        switch type {
        case 8: for _ in 0..<count { try cursor.skipString() }
        case 9: for _ in 0..<count { _ = try readArray(&cursor, depth: depth + 1) }
        default: try cursor.skip(count * width)
        }
        return .array(type: type, count: count, offset: offset)
    }

    private mutating func readTensors(count: Int, alignment: Int) throws(CheckpointError) {
        var found: [(name: String, type: DataType, shape: [Int], offset: Int, bytes: Int)] = []
        for _ in 0..<count {
            let name = try cursor.readString()
            let place = "tensor \(name)"
            let rank = try cursor.read(UInt32.self)
            guard rank <= Self.maximumDimensions else { throw cursor.error("\(rank) dimensions; at most 4", at: place) }
            var shape: [Int] = []
            for _ in 0..<rank { shape.insert(try cursor.readCount(), at: 0) }
            let number = try cursor.read(UInt32.self)
            guard let type = GGMLType.dataType(number) else {
                let typeName = GGMLType.names[number] ?? "number \(number)"
                throw cursor.error(
                    "its type \(typeName) is not read", at: place, remedy: "Get the model in another quantization")
            }
            let offset = try cursor.readCount()
            guard let elements = StoredTensor.elementCount(shape), (shape.last ?? 1) % type.blockSize == 0,
                let bytes = type.byteCount(elements: elements)
            else { throw cursor.error("the shape \(shape) is impossible for \(type.name)", at: place) }
            guard offset % alignment == 0 else {
                throw cursor.error("the offset \(offset) is not a multiple of \(alignment)", at: place)
            }
            found.append((name, type, shape, offset, bytes))
        }
        let start = (cursor.offset + alignment - 1) / alignment * alignment
        for tensor in found {
            let available = cursor.file.count - start
            guard tensor.offset <= available, tensor.bytes <= available - tensor.offset else {
                throw cursor.error(
                    "\(tensor.bytes) bytes at data offset \(tensor.offset) reach past the end of the file",
                    at: "tensor \(tensor.name)", remedy: "The file is truncated; download it again")
            }
            let lower = start + tensor.offset
            let stored = StoredTensor(
                name: tensor.name, dataType: tensor.type, shape: tensor.shape, file: cursor.file,
                byteRange: lower..<lower + tensor.bytes)
            guard tensors.updateValue(stored, forKey: tensor.name) == nil else {
                throw cursor.error("the tensor appears twice", at: "tensor \(tensor.name)")
            }
        }
    }
}
