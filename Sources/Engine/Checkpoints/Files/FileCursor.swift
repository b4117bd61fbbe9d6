import Files

/// Reads little-endian values from a file, or a part of one, in order; every read is checked against the end.
struct FileCursor {
    let file: MappedFile
    var offset: Int
    let end: Int
    var remaining: Int { end - offset }

    init(file: MappedFile, offset: Int = 0) { (self.file, self.offset, end) = (file, offset, file.count) }

    /// Reads a part of `file`, which `range` must lie in.
    init(file: MappedFile, range: Range<Int>) { (self.file, offset, end) = (file, range.lowerBound, range.upperBound) }

    func error(_ reason: String, at location: String? = nil, remedy: String? = nil) -> CheckpointError {
        CheckpointError(path: file.path, location: location ?? "offset \(offset)", reason: reason, remedy: remedy)
    }

    mutating func skip(_ count: Int) throws(CheckpointError) {
        guard count >= 0, count <= remaining else {
            throw error(
                "\(end == file.count ? "the file" : "this part of the file") ends where \(count) more bytes should follow (\(remaining) are left)",
                remedy: "It is truncated or corrupted; download it again")
        }
        offset += count
    }

    mutating func read<T: BitwiseCopyable>(_ type: T.Type) throws(CheckpointError) -> T {
        let start = offset
        try skip(MemoryLayout<T>.size)
        return file.bytes.loadUnaligned(fromByteOffset: start, as: type)
    }

    /// A length or count that must fit `Int`.
    mutating func readCount() throws(CheckpointError) -> Int {
        let value = try read(UInt64.self)
        guard let count = Int(exactly: value) else { throw error("the count \(value) is impossible") }
        return count
    }

    mutating func skipString() throws(CheckpointError) { try skip(try readCount()) }

    mutating func readString() throws(CheckpointError) -> String {
        let count = try readCount()
        let start = offset
        try skip(count)
        guard let text = String(validating: file.bytes[start..<start + count], as: UTF8.self) else {
            throw error("the string at offset \(start) is not valid UTF-8")
        }
        return text
    }
}
