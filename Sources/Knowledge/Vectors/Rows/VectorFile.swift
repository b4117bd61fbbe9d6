import Files

/// Files of vectors as benchmarks have them: each vector after its length in 32 bits; floats (.fvecs) or integers (.ivecs).
package struct VectorFile: Sendable {
    private let file: MappedFile
    /// The dimension, and the number of vectors.
    package let size: Int, count: Int

    /// Maps a file; one whose lengths do not fit is an error.
    package init(path: String) throws {
        file = try MappedFile(path: path)
        func damaged(_ reason: String) -> VectorError { .damaged(path: path, reason: reason) }
        guard file.count >= 4 else { throw damaged("it is too short for a vector") }
        let length = Int(Int32(littleEndian: file.bytes.load(as: Int32.self)))
        guard (1...CollectionSettings.largestSize).contains(length) else {
            throw damaged("its first vector has \(length) values")
        }
        guard file.count % (4 * length + 4) == 0 else {
            throw damaged("\(file.count) bytes are no whole number of vectors of \(length) values")
        }
        (size, count) = (length, file.count / (4 * length + 4))
        for row in 0..<count {
            let found = Int32(
                littleEndian: file.bytes.loadUnaligned(fromByteOffset: row * (4 * size + 4), as: Int32.self))
            guard Int(found) == size else {
                throw damaged("vector \(row) has \(found) values, and those before have \(size)")
            }
        }
    }

    /// The values of a vector; valid while this value lives.
    package func floats(_ row: Int) -> UnsafeBufferPointer<Float> {
        let bytes = file.bytes[(row * (4 * size + 4) + 4)...].prefix(4 * size)
        return UnsafeRawBufferPointer(rebasing: bytes).assumingMemoryBound(to: Float.self)
    }

    /// The values of a vector as integers.
    package func integers(_ row: Int) -> UnsafeBufferPointer<Int32> {
        let bytes = file.bytes[(row * (4 * size + 4) + 4)...].prefix(4 * size)
        return UnsafeRawBufferPointer(rebasing: bytes).assumingMemoryBound(to: Int32.self)
    }
}
