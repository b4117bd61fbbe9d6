package import OrderedCollections

/// Writes GGUF files, version 3, little-endian.
package enum GGUFWriter {
    /// Writes `metadata` and `tensors` in their order to `path`; the file appears complete or not at all.
    ///
    /// `general.alignment`, if it is among the metadata, is honoured. A type that GGUF lacks, a repeated name, an array
    /// of several types or an I/O error is an error.
    package static func write(
        _ tensors: [TensorSource], metadata: OrderedDictionary<String, GGUFValue>, to path: String
    ) throws(CheckpointError) {
        var alignment = 32
        if let value = metadata["general.alignment"] {
            guard case .uint32(let number) = value, number > 0, number & (number - 1) == 0, number <= 1 << 30 else {
                throw CheckpointError(
                    path: path, location: "key general.alignment", reason: "expected a power of two as uint32")
            }
            alignment = Int(number)
        }
        var header = GGUFHeader(path: path)
        header.put(UInt32(0x4655_4747))
        header.put(UInt32(3))
        header.put(UInt64(tensors.count))
        header.put(UInt64(metadata.count))
        for (key, value) in metadata {
            header.put(key)
            header.put(value.typeNumber)
            try header.put(value, key: key)
        }
        let counts = try header.put(tensors, alignment: alignment)
        var file = try CheckpointFile(path: path)
        try file.append(header.bytes)
        try file.pad(to: alignment)
        for (tensor, count) in zip(tensors, counts) {
            try file.append(tensor, byteCount: count)
            try file.pad(to: alignment)
        }
        try file.commit()
    }
}

/// The bytes before the data, as they are put together.
private struct GGUFHeader {
    let path: String
    var bytes: [UInt8] = []

    mutating func put<T: FixedWidthInteger>(_ value: T) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func put(_ text: String) {
        put(UInt64(text.utf8.count))
        bytes.append(contentsOf: text.utf8)
    }

    mutating func put(_ value: GGUFValue, key: String) throws(CheckpointError) {
        switch value {
        case .uint8(let number): put(number)
        case .int8(let number): put(number)
        case .uint16(let number): put(number)
        case .int16(let number): put(number)
        case .uint32(let number): put(number)
        case .int32(let number): put(number)
        case .uint64(let number): put(number)
        case .int64(let number): put(number)
        case .float32(let number): put(number.bitPattern)
        case .float64(let number): put(number.bitPattern)
        case .bool(let flag): put(UInt8(flag ? 1 : 0))
        case .string(let text): put(text)
        case .array(let elements, let type):
            guard elements.allSatisfy({ $0.typeNumber == type }) else {
                throw CheckpointError(path: path, location: "key \(key)", reason: "an array of several types")
            }
            put(type)
            put(UInt64(elements.count))
            for element in elements { try put(element, key: key) }
        }
    }

    /// Describes the tensors; returns the bytes that each takes.
    mutating func put(_ tensors: [TensorSource], alignment: Int) throws(CheckpointError) -> [Int] {
        var names: Set<String> = []
        var counts: [Int] = []
        var offset = 0
        for tensor in tensors {
            func error(_ reason: String) -> CheckpointError {
                CheckpointError(path: path, location: "tensor \(tensor.name)", reason: reason)
            }
            guard let type = GGMLType.number(of: tensor.dataType) else {
                throw error("GGUF has no type \(tensor.dataType.name)")
            }
            guard tensor.shape.count <= GGUFReader.maximumDimensions else {
                throw error("\(tensor.shape.count) dimensions; at most \(GGUFReader.maximumDimensions)")
            }
            guard names.insert(tensor.name).inserted else { throw error("the name is taken") }
            let count = try tensor.byteCount(path: path)
            put(tensor.name)
            put(UInt32(tensor.shape.count))
            for dimension in tensor.shape.reversed() { put(UInt64(dimension)) }
            put(type)
            put(UInt64(offset))
            let (end, overflow) = offset.addingReportingOverflow(count)
            guard !overflow, end < Int.max - alignment else { throw error("the file would be too large") }
            offset = (end + alignment - 1) / alignment * alignment
            counts.append(count)
        }
        return counts
    }
}
