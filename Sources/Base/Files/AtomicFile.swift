import Platform

/// A file that appears under its path complete or not at all.
///
/// What is written goes to a temporary file in the same folder, which `commit` renames; without a commit it is removed.
/// Whoever has the old file open or mapped keeps the old contents.
package struct AtomicFile: ~Copyable {
    private let path: String
    private let temporaryPath: String
    private let file: OutputFile
    private var isCommitted: Bool
    /// The bytes so far.
    package private(set) var count: Int

    /// Begins a file; what is there must be a plain file, if anything.
    package init(path: String) throws(FileError) {
        // Renaming over a device or a pipe would put a plain file in its place.
        guard [.nothing, .file].contains(FileKind(path: path)) else {
            throw FileError("replace", path, reason: "it is not a plain file", remedy: "Name a file to write")
        }
        let temporaryPath = "\(path).\(getpid())-\(UInt32.random(in: 0...UInt32.max)).partial"
        self.init(path, temporaryPath, try OutputFile(path: temporaryPath, at: .new, shownPath: path))
        // Held until the end, so that nobody takes the file for what a killed process left. Some file systems have no locks.
        _ = flock(file.descriptor, LOCK_EX | LOCK_NB)
    }

    /// Removes what processes left beside a file when they were killed while they wrote it.
    ///
    /// For files so large that what is left of them matters: the whole folder is looked through.
    package static func removeLeftovers(of path: String) {
        let folder = FileSystem.parent(of: path)
        let name = path.split(separator: "/").last.map(String.init) ?? path
        for other in (try? FileSystem.names(in: folder)) ?? [] {
            guard other.hasPrefix("\(name)."), other.hasSuffix(".partial") else { continue }
            let middle = other.dropFirst(name.count + 1).dropLast(".partial".count).split(separator: "-")
            guard middle.count == 2, let process = Int32(middle[0]), process > 0, UInt32(middle[1]) != nil,
                kill(process, 0) != 0, errno == ESRCH
            else { continue }
            let leftover = "\(folder)/\(other)"
            let descriptor = open(leftover, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
            guard descriptor >= 0 else { continue }
            // A process of another machine may be at it.
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { unlink(leftover) }
            close(descriptor)
        }
    }

    private init(_ path: String, _ temporaryPath: String, _ file: OutputFile) {
        (self.path, self.temporaryPath, self.file, isCommitted, count) = (path, temporaryPath, file, false, 0)
    }

    /// Begins a file that is worth making once: nil if another process is at it, or has just finished.
    ///
    /// It grows as `path.partial`, which a later attempt takes over if this one is killed.
    package init?(claiming path: String) throws(FileError) {
        let temporaryPath = path + ".partial"
        let descriptor = FaultPlan.attempt(.create) {
            open(temporaryPath, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o644)
        }
        guard descriptor >= 0 else { throw FileError("create", path) }
        let file = OutputFile(path: path, descriptor: descriptor)
        // Whoever has finished has moved the file away from under this name.
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0, Self.isSame(descriptor, temporaryPath) else { return nil }
        guard ftruncate(descriptor, 0) == 0 else { throw FileError("write", path) }
        self.init(path, temporaryPath, file)
    }

    deinit { if !isCommitted { unlink(temporaryPath) } }

    /// Adds bytes.
    package mutating func append(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
        try file.write(bytes)
        count += bytes.count
    }

    /// Adds bytes.
    package mutating func append(_ bytes: [UInt8]) throws(FileError) {
        try file.write(bytes)
        count += bytes.count
    }

    /// Adds zeros up to a multiple of `alignment`.
    package mutating func pad(to alignment: Int) throws(FileError) {
        let excess = count % alignment
        if excess > 0 { try append([UInt8](repeating: 0, count: alignment - excess)) }
    }

    /// Puts the file in its place, by default when it has reached the disk; what can be made again need not wait for that.
    package consuming func commit(isDurable: Bool = true) throws(FileError) {
        if isDurable { try file.synchronize() }
        guard FaultPlan.attempt(.rename, { rename(temporaryPath, path) }) == 0 else {
            throw FileError("put in place", path)
        }
        isCommitted = true
        // Some file systems cannot do this for folders; the file itself is safe by now.
        if isDurable { try? FileSystem.synchronize(FileSystem.parent(of: path)) }
    }

    /// Writes a whole file, so that a reader sees the old contents or the new, never a part.
    package static func write(_ bytes: [UInt8], to path: String, isDurable: Bool = true) throws(FileError) {
        var file = try AtomicFile(path: path)
        try file.append(bytes)
        try file.commit(isDurable: isDurable)
    }

    private static func isSame(_ descriptor: Int32, _ path: String) -> Bool {
        var (opened, named) = (stat(), stat())
        return fstat(descriptor, &opened) == 0 && stat(path, &named) == 0 && opened.st_ino == named.st_ino
    }
}
