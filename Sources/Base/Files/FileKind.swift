import Platform

/// What a path leads to, through symbolic links.
package enum FileKind: Sendable {
    case nothing
    /// A regular file.
    case file
    case folder
    /// A device, a pipe, a socket.
    case other

    /// Looks at `path`.
    package init(path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else {
            self = .nothing
            return
        }
        self.init(status)
    }

    init(_ status: stat) {
        self =
            switch status.st_mode & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .folder
            default: .other
            }
    }
}
