/// A folder that appears under its path complete or not at all.
///
/// Its files are written to `PATH.partial`, which `commit` renames; without a commit that is removed. What a killed process left
/// there is taken over by the next one.
package struct AtomicFolder: ~Copyable {
    /// Where the folder will be.
    package let path: String
    /// Where its files are written until then.
    package let temporaryPath: String
    private let lock: FileLock
    private var isCommitted: Bool

    private static let lockName = ".lock"

    /// Begins a folder; what is at the path must be an empty folder, if anything.
    package init(path: String) throws(FileError) {
        var end = Substring(path)
        while end.count > 1, end.hasSuffix("/") { end.removeLast() }
        let (path, temporaryPath) = (String(end), String(end) + ".partial")
        try Self.checkIsFree(path)
        try FileSystem.createFolder(temporaryPath)
        let found: FileLock?
        do throws(FileError) { found = try FileLock(path: temporaryPath + "/" + Self.lockName) } catch {
            if try FileSystem.names(in: temporaryPath).isEmpty { try FileSystem.remove(temporaryPath) }
            throw error
        }
        guard let lock = found else {
            throw FileError(
                "write", path, reason: "another process is at it", remedy: "Wait for it, or name another folder")
        }
        for name in try FileSystem.names(in: temporaryPath) where name != Self.lockName {
            try FileSystem.remove(temporaryPath + "/" + name)
        }
        self.init(path, temporaryPath, lock)
    }

    private init(_ path: String, _ temporaryPath: String, _ lock: FileLock) {
        (self.path, self.temporaryPath, self.lock, isCommitted) = (path, temporaryPath, lock, false)
    }

    deinit { if !isCommitted { try? FileSystem.remove(temporaryPath) } }

    /// Refuses a path where something is already.
    package static func checkIsFree(_ path: String) throws(FileError) {
        let kind = FileKind(path: path)
        if kind == .nothing { return }
        guard kind == .folder else {
            throw FileError("write", path, reason: "it is there, and is no folder", remedy: "Name another folder")
        }
        guard try FileSystem.names(in: path).isEmpty else {
            throw FileError(
                "write", path, reason: "the folder is there, with files in it",
                remedy: "Remove it, or name another one")
        }
    }

    /// Puts the folder in its place when its files have reached the disk, as those that `AtomicFile` writes have.
    package consuming func commit() throws(FileError) {
        try FileSystem.remove(temporaryPath + "/" + Self.lockName)
        try? FileSystem.synchronize(temporaryPath)
        try FileSystem.move(temporaryPath, to: path)
        isCommitted = true
        try? FileSystem.synchronize(FileSystem.parent(of: path))
    }
}
