import Platform

/// A file that appears under its path complete or not at all.
///
/// What is written goes to a temporary file in the same folder, which `commit` brings to the disk and renames; without
/// a commit it is removed. Whoever has the old file open or mapped keeps the old contents.
struct AtomicFile: ~Copyable {
    private let path: String
    private let temporaryPath: String
    private let descriptor: Int32
    private var isCommitted = false
    private(set) var count = 0

    init(path: String) throws(CheckpointError) {
        var existing = stat()
        // Renaming over a device or a pipe would put a plain file in its place.
        if stat(path, &existing) == 0, existing.st_mode & S_IFMT != S_IFREG {
            throw CheckpointError(path: path, reason: "it is not a plain file", remedy: "Name a file to write")
        }
        let temporaryPath = "\(path).\(getpid())-\(UInt32.random(in: 0...UInt32.max)).partial"
        let descriptor = open(temporaryPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw Self.failure(path, "cannot be created") }
        self.path = path
        self.temporaryPath = temporaryPath
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
        if !isCommitted { unlink(temporaryPath) }
    }

    mutating func append(_ bytes: UnsafeRawBufferPointer) throws(CheckpointError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let chunk = UnsafeRawBufferPointer(rebasing: rest)
            let written = write(descriptor, chunk.baseAddress, chunk.count)
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { throw Self.failure(path, "cannot be written") }
            rest = rest.dropFirst(written)
        }
        count += bytes.count
    }

    mutating func append(_ bytes: [UInt8]) throws(CheckpointError) {
        // A typed error cannot leave the closure of the standard library by itself.
        let result = bytes.withUnsafeBytes { bytes in Result { () throws(CheckpointError) in try append(bytes) } }
        try result.get()
    }

    /// Writes zeros up to a multiple of `alignment`.
    mutating func pad(to alignment: Int) throws(CheckpointError) {
        let excess = count % alignment
        if excess > 0 { try append([UInt8](repeating: 0, count: alignment - excess)) }
    }

    consuming func commit() throws(CheckpointError) {
        guard fsync(descriptor) == 0 else { throw Self.failure(path, "cannot be brought to the disk") }
        guard rename(temporaryPath, path) == 0 else { throw Self.failure(path, "cannot be put in place") }
        isCommitted = true
        let folder = path.lastIndex(of: "/").map { path[...$0] } ?? "."
        let folderDescriptor = open(String(folder), O_RDONLY | O_CLOEXEC)
        guard folderDescriptor >= 0 else { return }
        // Some file systems cannot do this for folders; the file itself is safe by now.
        _ = fsync(folderDescriptor)
        close(folderDescriptor)
    }

    private static func failure(_ path: String, _ what: String) -> CheckpointError {
        let code = errno
        return CheckpointError(
            path: path, reason: "\(what) (\(String(cString: strerror(code))))",
            remedy: code == ENOSPC ? "Free some space on the disk" : nil)
    }
}
