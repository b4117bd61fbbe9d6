import Platform

/// Why the file system, or a file itself, stands in the way: what was to be done, with which path, why not, and what helps.
public struct FileError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The file or folder.
    public let path: String
    /// What was to be done with it, as a verb: "create", "write", "read the folder".
    public let operation: String
    /// The system's number of the error; 0 where it is the file that does not fit.
    public let code: Int32
    /// What is wrong.
    public let reason: String
    /// What to do about it.
    public let remedy: String?

    /// An error of this package's own making.
    package init(_ operation: String, _ path: String, reason: String, remedy: String? = nil) {
        (self.operation, self.path, self.reason, self.remedy) = (operation, path, reason, remedy)
        code = 0
    }

    /// The system's last error, or that of a number.
    package init(_ operation: String, _ path: String, code: Int32 = errno) {
        (self.operation, self.path, self.code) = (operation, path, code)
        reason = String(cString: strerror(code))
        remedy =
            switch code {
            case ENOSPC, EDQUOT, EFBIG: "Free some space on the disk"
            case EACCES, EPERM, EROFS: "Check the permissions"
            case ENOENT, ENOTDIR, ENAMETOOLONG: "Check the path"
            case EMFILE, ENFILE: "Close some files, or raise the limit (ulimit -n)"
            default: nil
            }
    }

    /// Whether there was no room for what was to be written.
    public var isDiskFull: Bool { [ENOSPC, EDQUOT, EFBIG].contains(code) }

    /// The whole message.
    public var description: String { "cannot \(operation) \(path): \(reason)." + (remedy.map { " \($0)." } ?? "") }
}
