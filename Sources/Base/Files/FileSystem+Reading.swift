import Platform

extension FileSystem {
    /// The bytes of a file that has `limit` of them at most.
    package static func contents(of path: String, limit: Int = 64 << 20) throws(FileError) -> [UInt8] {
        var bytes: [UInt8] = []
        try read(path) { (piece) throws(FileError) in
            guard piece.count <= limit - bytes.count else {
                throw FileError("read", path, reason: "it has more than \(limit) bytes")
            }
            bytes.append(contentsOf: piece)
        }
        return bytes
    }

    /// Hands a file's bytes on in pieces, each of which is valid during its call.
    package static func read(
        _ path: String, _ body: (UnsafeRawBufferPointer) throws(FileError) -> Void
    ) throws(FileError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError("open", path) }
        defer { close(descriptor) }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
        defer { buffer.deallocate() }
        while true {
            let count = Platform.read(descriptor, buffer.baseAddress, buffer.count)
            if count == 0 { return }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw FileError("read", path) }
            try body(UnsafeRawBufferPointer(rebasing: buffer.prefix(count)))
        }
    }

    /// The first bytes of a file, `count` of them unless it is shorter.
    package static func prefix(of path: String, count: Int) throws(FileError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError("open", path) }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: count)
        let length = pread(descriptor, &bytes, count, 0)
        guard length >= 0 else { throw FileError("read", path) }
        return Array(bytes.prefix(length))
    }
}
