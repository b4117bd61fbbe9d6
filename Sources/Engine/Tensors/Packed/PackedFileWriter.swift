import Platform

/// Why packed weights could not be kept. The model runs all the same.
public struct PackedFileError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The file that was to be written.
    public let path: String
    /// What went wrong.
    public let reason: String

    /// What is wrong.
    public var description: String { "\(path): the packed weights cannot be kept: \(reason)" }
}

extension PackedFile {
    /// Writes a file that appears under `path` complete or not at all.
    ///
    /// It is first written beside it, under a name that a later attempt takes over if this one is killed. The contents are
    /// not waited for to reach the disk: after a loss of power their sums tell.
    static func write(
        _ matrices: [(source: UInt64, matrix: PackedMatrix)], to path: String
    ) throws(PackedFileError) {
        func failure(_ what: String, _ code: Int32 = errno) -> PackedFileError {
            PackedFileError(path: path, reason: "\(what) (\(String(cString: strerror(code))))")
        }
        let (header, entries, length) = table(of: matrices)
        let temporary = path + ".partial"
        let descriptor = open(temporary, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard descriptor >= 0 else { throw failure("it cannot be created") }
        defer { close(descriptor) }
        // Another process at the same work will finish it; one that has just done so has moved the file away.
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0, isSame(descriptor, temporary) else { return }
        var space = statvfs()
        if fstatvfs(descriptor, &space) == 0 {
            let free = Int(clamping: UInt64(space.f_bavail).multipliedReportingOverflow(by: UInt64(space.f_frsize)).0)
            // The disk must not be full because of what can be made again at any time.
            guard free / 2 > length else {
                unlink(temporary)
                throw PackedFileError(
                    path: path, reason: "they take \(length >> 20) MiB, and the disk has only \(free >> 20) MiB left")
            }
        }
        let isWritten =
            ftruncate(descriptor, 0) == 0 && write(header, to: descriptor, at: 0)
            && zip(matrices, entries).allSatisfy { write($0.matrix.bytes, to: descriptor, at: $1.offset) }
            && ftruncate(descriptor, off_t(length)) == 0 && rename(temporary, path) == 0
        guard isWritten else {
            let code = errno
            unlink(temporary)
            throw failure("it cannot be written", code)
        }
    }

    private static func table(
        of matrices: [(source: UInt64, matrix: PackedMatrix)]
    ) -> (header: [UInt64], entries: [Entry], length: Int) {
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
        return (header.map(\.littleEndian), entries, offset)
    }

    private static func isSame(_ descriptor: Int32, _ path: String) -> Bool {
        var (opened, named) = (stat(), stat())
        return fstat(descriptor, &opened) == 0 && stat(path, &named) == 0 && opened.st_ino == named.st_ino
    }

    private static func write(_ words: [UInt64], to descriptor: Int32, at offset: Int) -> Bool {
        words.withUnsafeBytes { write($0, to: descriptor, at: offset) }
    }

    private static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32, at offset: Int) -> Bool {
        var done = 0
        while done < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
            let count = pwrite(descriptor, rest.baseAddress, min(rest.count, 1 << 30), off_t(offset + done))
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            done += count
        }
        return true
    }
}
