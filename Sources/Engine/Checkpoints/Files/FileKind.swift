import Platform

/// What a path leads to, through symbolic links.
enum FileKind {
    case nothing
    case file
    case folder

    init(path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else {
            self = .nothing
            return
        }
        self = status.st_mode & S_IFMT == S_IFDIR ? .folder : .file
    }
}
