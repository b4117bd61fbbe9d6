import Files
import Platform

/// The files that paths lead to.
public struct FileWalk: Sendable {
    /// The files, by their real paths, each once, sorted.
    public private(set) var files: [String] = []
    /// What cannot be read, with the reason.
    public private(set) var problems: [DocumentError] = []
    /// How many files of unknown kinds were left aside in folders, by the endings of their names.
    public private(set) var skipped: [String: Int] = [:]
    /// The given paths themselves, real.
    public private(set) var roots: [String] = []

    /// Walks through files and folders. Hidden entries of folders are left out, links to folders are not followed, so that
    /// no loop has no end; a file that is named is read whatever its name.
    public init(_ paths: [String]) {
        var found: Set<String> = []
        for path in paths {
            guard let real = FileSystem.realPath(FileSystem.expandingTilde(path)) else {
                problems.append(Self.unreachable(path))
                continue
            }
            roots.append(real)
            switch FileKind(path: real) {
            case .file: found.insert(real)
            case .folder: walk(real, &found)
            default: problems.append(DocumentError(path, "it is neither a file nor a folder"))
            }
        }
        files = found.sorted()
    }

    private mutating func walk(_ root: String, _ found: inout Set<String>) {
        var pending = [root]
        while let folder = pending.popLast() {
            let names: [String]
            do throws(FileError) { names = try FileSystem.names(in: folder) } catch {
                problems.append(DocumentError(folder, error.reason))
                continue
            }
            for name in names where !name.hasPrefix(".") {
                take(folder == "/" ? "/" + name : "\(folder)/\(name)", &pending, &found)
            }
        }
    }

    private mutating func take(_ path: String, _ pending: inout [String], _ found: inout Set<String>) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return problems.append(Self.unreachable(path)) }
        let isLink = status.st_mode & S_IFMT == S_IFLNK
        switch FileKind(path: path) {
        case .folder: if !isLink { pending.append(path) }
        case .file:
            guard let real = FileSystem.realPath(path) else { return problems.append(Self.unreachable(path)) }
            if DocumentKind(path: real) != nil {
                found.insert(real)
            } else {
                let ending = real.split(separator: "/").last?.split(separator: ".").dropFirst().last.map(String.init)
                skipped[ending ?? "no ending", default: 0] += 1
            }
        case .nothing: problems.append(Self.unreachable(path))
        case .other: break
        }
    }

    private static func unreachable(_ path: String) -> DocumentError {
        // By now `errno` may be of another call.
        errno = 0
        let reason = access(path, F_OK) == 0 ? "it cannot be read" : String(cString: strerror(errno))
        return DocumentError(path, reason.prefix(1).lowercased() + reason.dropFirst())
    }
}
