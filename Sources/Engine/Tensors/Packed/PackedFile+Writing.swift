import Files

/// Why packed weights could not be kept. The model runs all the same.
package struct PackedFileError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The file that was to be written.
    package let path: String
    /// What went wrong.
    package let reason: String
    /// Whether the disk has too little room for it to be tried.
    package var isForLackOfRoom = false

    /// What is wrong.
    package var description: String { "\(path): the packed weights cannot be kept: \(reason)" }
}

extension PackedFile {
    /// Writes a file that appears under `path` complete or not at all.
    ///
    /// If another process is at the same work, that one will finish it. The contents are not waited for to reach the disk: after
    /// a loss of power their sums tell. `announce` is told how many bytes it will be, if anything is written.
    static func write(
        _ matrices: [(source: UInt64, matrix: PackedMatrix)], to path: String, announce: (Int) -> Void = { _ in }
    ) throws(PackedFileError) {
        let (header, length) = table(of: matrices)
        // The disk must not be full because of what can be made again at any time.
        if let free = FileSystem.freeSpace(at: FileSystem.parent(of: path)), free / 2 <= length {
            throw PackedFileError(
                path: path, reason: "they take \(length >> 20) MiB, and the disk has only \(free >> 20) MiB left",
                isForLackOfRoom: true)
        }
        do throws(FileError) {
            guard var file = try AtomicFile(claiming: path) else { return }
            announce(length)
            try file.append(header.flatMap { word in withUnsafeBytes(of: word.littleEndian) { Array($0) } })
            for (_, matrix) in matrices {
                try file.pad(to: alignment)
                try file.append(matrix.bytes)
            }
            try file.pad(to: alignment)
            try file.commit(isDurable: false)
        } catch {
            throw PackedFileError(path: path, reason: "cannot \(error.operation) it (\(error.reason))")
        }
    }

    private static func table(
        of matrices: [(source: UInt64, matrix: PackedMatrix)]
    ) -> (header: [UInt64], length: Int) {
        func aligned(_ offset: Int) -> Int { (offset + alignment - 1) / alignment * alignment }
        var offset = aligned(8 * (headerWords + matrices.count * Entry.words + 1))
        let entries = matrices.map { source, matrix in
            defer { offset = aligned(offset + matrix.byteCount) }
            return Entry(
                source: source, scale: matrix.scale, offset: offset, byteCount: matrix.byteCount,
                checksum: Checksum.of(matrix.bytes))
        }
        var header = [magic, version, UInt64(offset), UInt64(matrices.count)] + entries.flatMap(\.encoded)
        var sum = Checksum()
        for word in header { sum.add(word) }
        header.append(sum.value)
        return (header, offset)
    }
}
