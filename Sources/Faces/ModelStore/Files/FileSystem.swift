import Platform

/// The few operations on files that the store needs, with errors that name operation and path.
enum FileSystem {
    /// The error for the system's last failure.
    static func failure(_ operation: String, _ path: String) -> ModelStoreError {
        let code = errno
        if code == ENOSPC || code == EDQUOT || code == EFBIG { return .diskFull(path: path) }
        return .file(operation: operation, path: path, reason: String(cString: strerror(code)))
    }

    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    static func isFolder(_ path: String) -> Bool { kind(of: path) == S_IFDIR }

    static func isFile(_ path: String) -> Bool { kind(of: path) == S_IFREG }

    /// The size in bytes of a regular file (symbolic links followed), or nil if it is none.
    static func size(of path: String) -> Int? {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return Int(status.st_size)
    }

    /// The folder that a path lies in.
    static func parent(of path: String) -> String {
        let name = path.lastIndex { $0 == "/" }
        guard let name else { return "." }
        return name == path.startIndex ? "/" : String(path[..<name])
    }

    /// The last component of a path.
    static func name(of path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }

    /// The path with a home folder in the place of `~` or `~USER`.
    static func expandingTilde(_ path: String) -> String {
        guard path.hasPrefix("~") else { return path }
        let user = path.dropFirst().prefix { $0 != "/" }
        let home: String?
        if user.isEmpty, let folder = getenv("HOME") {
            home = String(cString: folder)
        } else {
            let entry = user.isEmpty ? getpwuid(getuid()) : getpwnam(String(user))
            home = entry.map { String(cString: $0.pointee.pw_dir) }
        }
        return home.map { $0 + path.dropFirst(1 + user.count) } ?? path
    }

    /// When a file was last changed, in seconds since 1970; nil if there is none.
    static func changeTime(of path: String) -> Int? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        #if canImport(Darwin)
            return status.st_mtimespec.tv_sec
        #else
            return status.st_mtim.tv_sec
        #endif
    }

    /// The bytes that may still be written to a folder's disk; nil if the system does not tell.
    static func freeSpace(at folder: String) -> Int? {
        var space = statvfs()
        guard statvfs(folder, &space) == 0 else { return nil }
        return Int(clamping: UInt64(space.f_bavail).multipliedReportingOverflow(by: UInt64(space.f_frsize)).0)
    }

    static func createFolder(_ path: String) throws(ModelStoreError) {
        if isFolder(path) { return }
        let parent = parent(of: path)
        if parent != path { try createFolder(parent) }
        guard mkdir(path, 0o755) == 0 || errno == EEXIST else { throw failure("create the folder", path) }
    }

    /// The names in a folder, sorted; `.` and `..` left out.
    static func names(in folder: String) throws(ModelStoreError) -> [String] {
        guard let stream = opendir(folder) else { throw failure("read the folder", folder) }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 1) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// The paths of all regular files below a folder, relative to it. Links to files count, links to folders are not
    /// entered; hidden entries are left out.
    static func files(below folder: String) throws(ModelStoreError) -> [String] {
        var found: [String] = []
        var pending = [""]
        while let prefix = pending.popLast() {
            for name in try names(in: folder + "/" + prefix) where !name.hasPrefix(".") {
                let path = prefix + name
                var status = stat()
                if isFile(folder + "/" + path) {
                    found.append(path)
                } else if lstat(folder + "/" + path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
                    pending.append(path + "/")
                }
            }
        }
        return found.sorted()
    }

    /// Removes a file or a whole folder; what is not there counts as removed.
    static func remove(_ path: String) throws(ModelStoreError) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        if status.st_mode & S_IFMT == S_IFDIR {
            for name in try names(in: path) { try remove(path + "/" + name) }
            guard rmdir(path) == 0 || errno == ENOENT else { throw failure("remove", path) }
        } else {
            guard unlink(path) == 0 || errno == ENOENT else { throw failure("remove", path) }
        }
    }

    static func move(_ source: String, to target: String) throws(ModelStoreError) {
        guard rename(source, target) == 0 else { throw failure("move to \(target) the file", source) }
    }

    /// Makes sure that a file's or folder's content has reached the disk.
    static func synchronize(_ path: String) throws(ModelStoreError) {
        let descriptor = open(path, O_RDONLY)
        guard descriptor >= 0 else { throw failure("open", path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure("write", path) }
    }

    static func contents(of path: String, limit: Int = 64 << 20) throws(ModelStoreError) -> [UInt8] {
        guard let size = size(of: path) else { throw failure("read", path) }
        guard size <= limit else {
            throw .file(operation: "read", path: path, reason: "it has \(size) bytes, more than \(limit)")
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(size)
        try read(path) { bytes.append(contentsOf: $0) }
        return bytes
    }

    /// Hands a file's bytes on in pieces.
    static func read(
        _ path: String, _ body: (UnsafeRawBufferPointer) throws(ModelStoreError) -> Void
    ) throws(ModelStoreError) {
        let descriptor = open(path, O_RDONLY)
        guard descriptor >= 0 else { throw failure("open", path) }
        defer { close(descriptor) }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
        defer { buffer.deallocate() }
        while true {
            let count = readBytes(descriptor, buffer.baseAddress, buffer.count)
            if count == 0 { return }
            guard count > 0 else { throw failure("read", path) }
            try body(UnsafeRawBufferPointer(rebasing: buffer.prefix(count)))
        }
    }

    /// Writes a file so that a reader sees the old content or the new, never a part.
    static func writeAtomically(_ bytes: [UInt8], to path: String) throws(ModelStoreError) {
        let temporary = "\(path).\(getpid()).tmp"
        defer { unlink(temporary) }
        let file = try FileWriter(path: temporary, appends: false)
        try file.write(bytes)
        try file.finish()
        try move(temporary, to: path)
    }

    private static func kind(of path: String) -> mode_t? {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & S_IFMT : nil
    }
}

/// C's `read`, which the method of that name hides.
private func readBytes(_ descriptor: Int32, _ buffer: UnsafeMutableRawPointer?, _ count: Int) -> Int {
    read(descriptor, buffer, count)
}
