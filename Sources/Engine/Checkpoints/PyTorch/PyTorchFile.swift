import Files
import OrderedCollections
import Tensors

/// Reads what `torch.save` wrote: a zip archive, or the stream of pickles of versions before 1.6.
///
/// No Python runs: see `PickleMachine`. Tensors stay in the mapped file; those whose elements are not in order, such as
/// transposed ones, are copied.
struct PyTorchFile {
    private(set) var tensors: OrderedDictionary<String, StoredTensor> = [:]

    init(_ file: MappedFile) throws(CheckpointError) {
        let (state, storages) =
            Self.isLegacy(file) ? try Self.readLegacy(file) : try Self.readArchive(ZipDirectory(file), file)
        var views = TensorViews(file: file)
        for (name, tensor) in state.tensors {
            guard let range = try storages(tensor.storage) else {
                throw CheckpointError(
                    path: file.path, location: "tensor \(name)",
                    reason: "its storage \(tensor.storage.key) is not in the file",
                    remedy: "The file is truncated; download it again")
            }
            tensors[name] = try views.store(tensor, named: name, storage: range)
        }
    }

    /// Whether a file begins like one that `torch.save` wrote.
    static func recognizes(_ file: MappedFile) -> Bool {
        file.bytes.starts(with: [0x50, 0x4B, 0x03, 0x04]) || isLegacy(file)
    }

    /// The number that old files begin with, 0x1950a86a20f9469cfc6c, as a pickle.
    private static let legacyMagic: [UInt8] = [0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19]

    private static func isLegacy(_ file: MappedFile) -> Bool {
        file.count > 2 && file.bytes[0] == 0x80 && file.bytes.dropFirst(2).starts(with: legacyMagic)
    }

    private typealias Storages = (PickledStorage) throws(CheckpointError) -> Range<Int>?

    /// `NAME/data.pkl` and, for every storage, `NAME/data/KEY`.
    private static func readArchive(
        _ zip: ZipDirectory, _ file: MappedFile
    ) throws(CheckpointError) -> (StateDict, Storages) {
        let pickles = zip.names.filter { $0 == "data.pkl" || $0.hasSuffix("/data.pkl") }
        guard pickles.count == 1, let name = pickles.first, let range = try zip.range(of: name) else {
            throw CheckpointError(
                path: file.path, reason: "the archive has \(pickles.count) entries data.pkl; PyTorch's have one",
                remedy: "Name a file that torch.save wrote")
        }
        let prefix = name.dropLast("data.pkl".count)
        if let order = try zip.range(of: "\(prefix)byteorder"), !file.bytes[order].elementsEqual("little".utf8) {
            throw CheckpointError(
                path: file.path, location: "entry \(prefix)byteorder", reason: "the numbers are not little-endian",
                remedy: "Save the archive again on a little-endian machine")
        }
        var machine = PickleMachine(file, range: range, name: name)
        let value = try machine.run()
        return (
            try StateDict(value, in: machine),
            { (storage) throws(CheckpointError) in try zip.range(of: "\(prefix)data/\(storage.key)") }
        )
    }

    /// Pickles of a magic number, a version, the machine, the value and the storages' keys; then the storages, each with
    /// its count of elements before it.
    private static func readLegacy(_ file: MappedFile) throws(CheckpointError) -> (StateDict, Storages) {
        var machine = PickleMachine(file, range: 0..<file.count, name: "the pickle")
        for _ in 0..<3 { _ = try machine.run() }
        let value = try machine.run()
        let state = try StateDict(value, in: machine)
        guard case .sequence(let list) = try machine.run() else {
            throw machine.failure("the list of storages is missing")
        }
        var types: [String: DataType] = [:]
        for storage in machine.storages { types[storage.key] = storage.dataType }
        var ranges: [String: Range<Int>] = [:]
        for element in machine.sequences[list] {
            guard case .string(let key) = element, let type = types[key] else {
                throw machine.failure("the list of storages names one that no tensor uses")
            }
            let count = try machine.cursor.readCount()
            guard let bytes = type.byteCount(elements: count) else {
                throw machine.failure("a storage of \(count) elements is impossible")
            }
            let start = machine.cursor.offset
            try machine.cursor.skip(bytes)
            ranges[key] = start..<start + bytes
        }
        return (state, { storage in ranges[storage.key] })
    }
}
