import JSONValues
package import OrderedCollections

/// Writes safetensors files.
package enum SafetensorsWriter {
    /// Writes `tensors` in their order, and `metadata`, to `path`; the file appears complete or not at all.
    ///
    /// An element type that safetensors lacks, a repeated name or an I/O error is an error.
    package static func write(
        _ tensors: [TensorSource], metadata: OrderedDictionary<String, String> = [:], to path: String
    ) throws(CheckpointError) {
        let (header, counts) = try header(tensors, metadata: metadata, path: path)
        var file = try CheckpointFile(path: path)
        try file.append(withUnsafeBytes(of: UInt64(header.count).littleEndian) { Array($0) })
        try file.append(header)
        for (tensor, count) in zip(tensors, counts) { try file.append(tensor, byteCount: count) }
        try file.commit()
    }

    private static func header(
        _ tensors: [TensorSource], metadata: OrderedDictionary<String, String>, path: String
    ) throws(CheckpointError) -> (bytes: [UInt8], counts: [Int]) {
        var members = JSON.Object()
        if !metadata.isEmpty {
            members["__metadata__"] = .object(
                JSON.Object(metadata.map { ($0, .string($1)) }, uniquingKeysWith: { $1 }))
        }
        var counts: [Int] = []
        var position = 0
        for tensor in tensors {
            func error(_ reason: String) -> CheckpointError {
                CheckpointError(path: path, location: "tensor \(tensor.name)", reason: reason)
            }
            guard tensor.dataType.blockSize == 1 else {
                throw error("safetensors has no type \(tensor.dataType.name)")
            }
            guard tensor.name != "__metadata__", members[tensor.name] == nil else {
                throw error("the name is taken")
            }
            let count = try tensor.byteCount(path: path)
            let (end, overflow) = position.addingReportingOverflow(count)
            guard !overflow else { throw error("the file would be too large") }
            members[tensor.name] = [
                "dtype": .string(tensor.dataType.name), "shape": .array(tensor.shape.map(JSON.integer)),
                "data_offsets": [.integer(position), .integer(end)],
            ]
            counts.append(count)
            position = end
        }
        var bytes = Array(JSON.object(members).text().utf8)
        // Spaces after the header keep the data aligned to eight bytes.
        while bytes.count % 8 != 0 { bytes.append(UInt8(ascii: " ")) }
        return (bytes, counts)
    }
}
