import Files
import OrderedCollections
import Tensors

/// Reads the header of a GGUF file, version 2 or 3, little-endian, and checks everything in it.
struct GGUFReader {
    static let maximumDimensions = 4

    private(set) var metadata: GGUFMetadata
    private(set) var tensors: OrderedDictionary<String, StoredTensor> = [:]
    private var cursor: FileCursor

    init(_ file: MappedFile) throws(CheckpointError) {
        cursor = FileCursor(file: file)
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
        tensors = try cursor.readTensors(count: tensorCount, alignment: alignment)
    }

    private mutating func readEntry() throws(CheckpointError) {
        let key = try cursor.readString()
        let type = try cursor.read(UInt32.self)
        let value = try cursor.readValue(type: type)
        guard metadata.entries.updateValue(value, forKey: key) == nil else {
            throw cursor.error("the key appears twice", at: "key \(key)")
        }
    }
}
