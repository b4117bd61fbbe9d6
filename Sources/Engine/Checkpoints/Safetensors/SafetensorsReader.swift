import Files
import JSONValues
import OrderedCollections
import Tensors

/// Reads the header of a safetensors file and checks everything in it, as strictly as the reference implementation:
/// the tensors must fill the data without holes or overlaps.
struct SafetensorsReader {
    /// The reference implementation's limit, in bytes.
    static let maximumHeaderCount = 100_000_000

    private(set) var tensors: OrderedDictionary<String, StoredTensor> = [:]
    private(set) var metadata: OrderedDictionary<String, String> = [:]
    private let file: MappedFile

    init(_ file: MappedFile) throws(CheckpointError) {
        self.file = file
        guard file.count >= 8 else { throw error("the file is too short for safetensors") }
        let length = UInt64(littleEndian: file.bytes.loadUnaligned(as: UInt64.self))
        guard length <= Self.maximumHeaderCount, Int(length) <= file.count - 8 else {
            throw error(
                "a header of \(length) bytes cannot fit in the \(file.count) of the file", at: "offset 0",
                remedy: "It is truncated or no safetensors file; download it again")
        }
        let start = 8 + Int(length)
        let entries = try readHeader(8..<start)
        try checkCoverage(entries, dataCount: file.count - start)
        for entry in entries {
            let stored = StoredTensor(
                name: entry.name, dataType: try dataType(of: entry), shape: entry.shape, file: file,
                byteRange: start + entry.begin..<start + entry.end)
            guard stored.dataType.byteCount(elements: stored.elementCount) == stored.byteCount else {
                throw error(
                    "\(stored.byteCount) bytes do not hold the shape \(entry.shape) of \(entry.type)", at: entry.place)
            }
            guard tensors.updateValue(stored, forKey: entry.name) == nil else {
                throw error("the tensor appears twice", at: entry.place)
            }
        }
    }

    private struct Entry {
        let name: String
        var type = ""
        var shape: [Int] = []
        var begin = 0
        var end = 0

        var place: String { "tensor \(name)" }
    }

    private mutating func readHeader(_ range: Range<Int>) throws(CheckpointError) -> [Entry] {
        var entries: [Entry] = []
        var metadata: OrderedDictionary<String, String> = [:]
        try file.readJSON(range) { (reader) throws(JSONError) in
            try reader.readObject { (reader, name) throws(JSONError) in
                if name == "__metadata__" {
                    try reader.readObject { (reader, key) throws(JSONError) in metadata[key] = try reader.readString() }
                } else {
                    entries.append(try Self.readEntry(&reader, name: name))
                }
            }
        }
        self.metadata = metadata
        return entries
    }

    private static func readEntry(_ reader: inout JSONReader, name: String) throws(JSONError) -> Entry {
        var entry = Entry(name: name)
        var missing: OrderedSet = ["dtype", "shape", "data_offsets"]
        try reader.readObject { (reader, key) throws(JSONError) in
            missing.remove(key)
            switch key {
            case "dtype": entry.type = try reader.readString()
            case "shape": entry.shape = try readSizes(&reader)
            case "data_offsets":
                let offsets = try readSizes(&reader)
                guard offsets.count == 2, offsets[0] <= offsets[1] else {
                    throw reader.error("tensor \(name): data_offsets is a begin and an end")
                }
                (entry.begin, entry.end) = (offsets[0], offsets[1])
            default: try reader.skipValue()
            }
        }
        if let key = missing.first { throw reader.error("tensor \(name) has no \(key)") }
        guard StoredTensor.elementCount(entry.shape) != nil else {
            throw reader.error("tensor \(name): the shape \(entry.shape) is impossible")
        }
        return entry
    }

    private static func readSizes(_ reader: inout JSONReader) throws(JSONError) -> [Int] {
        var sizes: [Int] = []
        try reader.readArray { (reader) throws(JSONError) in
            // 4.0 is no size, unlike what `readInteger` takes.
            guard case .integer(let size) = try reader.readValue(), size >= 0 else {
                throw reader.error("a size is a whole number")
            }
            sizes.append(size)
        }
        return sizes
    }

    private func checkCoverage(_ entries: [Entry], dataCount: Int) throws(CheckpointError) {
        var position = 0
        for entry in entries.sorted(by: { ($0.begin, $0.end) < ($1.begin, $1.end) }) {
            guard entry.end <= dataCount else {
                throw error(
                    "its bytes \(entry.begin)..<\(entry.end) reach past the \(dataCount) in the file", at: entry.place,
                    remedy: "The file is truncated; download it again")
            }
            guard entry.begin == position else {
                throw error("it begins at \(entry.begin), where \(position) is expected", at: entry.place)
            }
            position = entry.end
        }
        guard position == dataCount else {
            throw error("\(dataCount - position) bytes at the end belong to no tensor")
        }
    }

    private func dataType(of entry: Entry) throws(CheckpointError) -> DataType {
        guard let type = DataType(rawValue: entry.type), type.blockSize == 1 else {
            throw error(
                "its type \(entry.type) is not read", at: entry.place, remedy: "Get the model in another precision")
        }
        return type
    }

    private func error(_ reason: String, at location: String? = nil, remedy: String? = nil) -> CheckpointError {
        CheckpointError(path: file.path, location: location, reason: reason, remedy: remedy)
    }
}
