import Platform

/// Operations on files and folders, with errors that name operation and path.
package enum FileSystem {
    /// Whether a path leads to anything.
    package static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// Whether a path leads to a folder.
    package static func isFolder(_ path: String) -> Bool { FileKind(path: path) == .folder }

    /// Whether a path leads to a regular file.
    package static func isFile(_ path: String) -> Bool { FileKind(path: path) == .file }

    /// The size in bytes of a regular file (symbolic links followed), or nil if it is none.
    package static func size(of path: String) -> Int? {
        var status = stat()
        guard stat(path, &status) == 0, FileKind(status) == .file else { return nil }
        return Int(status.st_size)
    }

    /// The folder that a path lies in.
    package static func parent(of path: String) -> String {
        let name = path.lastIndex { $0 == "/" }
        guard let name else { return "." }
        return name == path.startIndex ? "/" : String(path[..<name])
    }

    /// The last component of a path.
    package static func name(of path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }

    /// The path with a home folder in the place of `~` or `~USER`.
    package static func expandingTilde(_ path: String) -> String {
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
    package static func changeTime(of path: String) -> Int? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        #if canImport(Darwin)
            return status.st_mtimespec.tv_sec
        #else
            return status.st_mtim.tv_sec
        #endif
    }

    /// The bytes that may still be written to a folder's disk; nil if the system does not tell.
    package static func freeSpace(at folder: String) -> Int? {
        var space = statvfs()
        guard statvfs(folder, &space) == 0 else { return nil }
        return Int(clamping: UInt64(space.f_bavail).multipliedReportingOverflow(by: UInt64(space.f_frsize)).0)
    }

    /// Makes a folder and those that it lies in; one that is there is no error.
    package static func createFolder(_ path: String) throws(FileError) {
        if isFolder(path) { return }
        let parent = parent(of: path)
        if parent != path { try createFolder(parent) }
        guard FaultPlan.attempt(.createFolder, { mkdir(path, 0o755) }) == 0 || errno == EEXIST else {
            throw FileError("create the folder", path)
        }
    }

    /// The names in a folder, sorted; `.` and `..` left out.
    package static func names(in folder: String) throws(FileError) -> [String] {
        guard let stream = opendir(folder) else { throw FileError("read the folder", folder) }
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
    package static func files(below folder: String) throws(FileError) -> [String] {
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
    package static func remove(_ path: String) throws(FileError) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        if status.st_mode & S_IFMT == S_IFDIR {
            for name in try names(in: path) { try remove(path + "/" + name) }
            guard rmdir(path) == 0 || errno == ENOENT else { throw FileError("remove", path) }
        } else {
            guard unlink(path) == 0 || errno == ENOENT else { throw FileError("remove", path) }
        }
    }

    /// Gives a file or folder another path, where it replaces a file.
    package static func move(_ source: String, to target: String) throws(FileError) {
        guard FaultPlan.attempt(.rename, { rename(source, target) }) == 0 else {
            throw FileError("move to \(target)", source)
        }
    }

    /// A path without links and dots; nil if there is nothing.
    package static func realPath(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// Gives a file a second name, or a copy where the file system cannot (another disk, no hard links).
    package static func linkOrCopy(_ source: String, to target: String) throws(FileError) {
        // A link to a symbolic link would depend on what it points to staying where it is.
        let source = realPath(source) ?? source
        if FaultPlan.attempt(.link, { link(source, target) }) == 0 { return }
        let file = try OutputFile(path: target, at: .empty)
        try read(source) { (bytes) throws(FileError) in try file.write(bytes) }
        try file.synchronize()
    }

    /// Makes sure that a file's or folder's content has reached the disk.
    package static func synchronize(_ path: String) throws(FileError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError("open", path) }
        defer { close(descriptor) }
        guard FaultPlan.attempt(.synchronize, { fsync(descriptor) }) == 0 else {
            throw FileError("bring to the disk", path)
        }
    }
}
