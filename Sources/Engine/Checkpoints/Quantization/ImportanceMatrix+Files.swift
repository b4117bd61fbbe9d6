import Files
import OrderedCollections
import Tensors

extension ImportanceMatrix {
    /// Reads llama.cpp's file of an importance matrix, GGUF or the older binary form.
    package init(path: String) throws(CheckpointError) {
        let file = try MappedFile.opened(path)
        if file.bytes.starts(with: "GGUF".utf8) {
            try self.init(Checkpoint.openGGUF(file))
        } else {
            try self.init(binary: file)
        }
        for (name, entry) in entries where !entry.means.allSatisfy({ $0.isFinite && $0 >= 0 }) {
            throw CheckpointError(
                path: path, location: "entry \(name)", reason: "it holds numbers that are no mean squares",
                remedy: "Make the importance matrix anew")
        }
    }

    private static let (sums, counts) = (".in_sum2", ".counts")

    private init(_ checkpoint: Checkpoint) throws(CheckpointError) {
        self.init()
        guard case .gguf(let metadata) = checkpoint.metadata, try metadata.string("general.type") == "imatrix" else {
            throw CheckpointError(path: checkpoint.path, reason: "this is a model, not an importance matrix")
        }
        datasets = try metadata.json("imatrix.datasets")?.arrayValue?.compactMap(\.stringValue) ?? []
        chunks = (try metadata.int("imatrix.chunk_count") ?? 0, try metadata.int("imatrix.chunk_size") ?? 0)
        for (name, tensor) in checkpoint.tensors where name.hasSuffix(Self.sums) {
            let own = String(name.dropLast(Self.sums.count))
            guard let counts = checkpoint.tensors[own + Self.counts] else {
                throw CheckpointError(
                    path: checkpoint.path, location: "tensor \(name)", reason: "there are no counts beside it")
            }
            entries[own] = Entry(
                sums: try tensor.numbers().map(Float.init), counts: try counts.numbers().map(Float.init))
        }
    }

    private init(binary file: MappedFile) throws(CheckpointError) {
        self.init()
        var cursor = FileCursor(file: file)
        let count = try cursor.read(Int32.self)
        guard count > 0, Int(count) <= file.count / 12 else {
            throw cursor.error("this is no importance matrix", at: "offset 0")
        }
        for _ in 0..<count {
            let length = Int(try cursor.read(Int32.self))
            let start = cursor.offset
            try cursor.skip(length)
            guard let name = String(validating: file.bytes[start..<start + length], as: UTF8.self) else {
                throw cursor.error("the name of an entry is not UTF-8", at: "offset \(start)")
            }
            let (calls, values) = (try cursor.read(Int32.self), Int(try cursor.read(Int32.self)))
            let place = cursor.offset
            guard values >= 0, values <= cursor.remaining / 4 else {
                throw cursor.error("\(values) numbers of entry \(name) cannot fit in the file")
            }
            try cursor.skip(4 * values)
            let numbers = (0..<values).map { file.bytes.loadUnaligned(fromByteOffset: place + 4 * $0, as: Float.self) }
            entries[name] = Entry(sums: numbers, counts: [Float(max(1, calls))])
        }
        guard cursor.remaining >= 8 else { return }
        chunks.count = Int(try cursor.read(Int32.self))
        let length = Int(try cursor.read(Int32.self))
        let start = cursor.offset
        if length > 0, length <= cursor.remaining {
            datasets = [String(decoding: file.bytes[start..<start + length], as: UTF8.self)]
        }
    }

    /// Writes the matrix as llama.cpp does, in GGUF.
    package func write(to path: String) throws(CheckpointError) {
        let tensors = entries.flatMap { name, entry in
            let matrices = max(1, entry.counts.count)
            return [
                Self.tensor(name + Self.sums, entry.sums, [matrices, entry.sums.count / matrices]),
                Self.tensor(name + Self.counts, entry.counts, [matrices, 1]),
            ]
        }
        try GGUFWriter.write(
            tensors,
            metadata: [
                "general.type": .string("imatrix"), "imatrix.datasets": .array(datasets.map { .string($0) }, type: 8),
                "imatrix.chunk_count": .uint32(UInt32(clamping: chunks.count)),
                "imatrix.chunk_size": .uint32(UInt32(clamping: chunks.size)),
            ], to: path)
    }

    private static func tensor(_ name: String, _ numbers: [Float], _ shape: [Int]) -> TensorSource {
        TensorSource(name: name, dataType: .f32, shape: shape) { (body) throws(CheckpointError) in
            numbers.withUnsafeBytes(body)
        }
    }
}
