import Platform

/// An open file that is written from front to back.
final class FileWriter: Sendable {
    let path: String
    private let descriptor: Int32

    /// Opens a file, made new or, with `appends`, continued at its end.
    init(path: String, appends: Bool) throws(ModelStoreError) {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | (appends ? O_APPEND : O_TRUNC), 0o644)
        guard descriptor >= 0 else { throw FileSystem.failure("create", path) }
    }

    deinit { close(descriptor) }

    /// Writes all bytes.
    func write(_ bytes: UnsafeRawBufferPointer) throws(ModelStoreError) {
        var rest = bytes
        while !rest.isEmpty {
            let count = writeBytes(descriptor, rest.baseAddress, rest.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw FileSystem.failure("write", path) }
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
        }
    }

    /// Writes all bytes.
    func write(_ bytes: [UInt8]) throws(ModelStoreError) {
        let result = bytes.withUnsafeBytes { buffer in
            Result { () throws(ModelStoreError) in try write(buffer) }
        }
        try result.get()
    }

    /// Waits until everything has reached the disk.
    func finish() throws(ModelStoreError) {
        guard fsync(descriptor) == 0 else { throw FileSystem.failure("write", path) }
    }
}

/// An exclusive lock among processes, held as long as the value lives; a killed process releases it.
final class FileLock: Sendable {
    private let descriptor: Int32

    /// Takes the lock if nobody holds it; nil if somebody does.
    init?(path: String) throws(ModelStoreError) {
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw FileSystem.failure("create", path) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let isHeld = errno == EWOULDBLOCK
            if isHeld { return nil }
            throw FileSystem.failure("lock", path)
        }
    }

    deinit { close(descriptor) }
}

/// C's `write`, which the method of that name hides.
private func writeBytes(_ descriptor: Int32, _ buffer: UnsafeRawPointer?, _ count: Int) -> Int {
    write(descriptor, buffer, count)
}
