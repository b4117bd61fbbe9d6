import Files

/// The files that a path stands for.
enum FlowFiles {
    /// The file itself, or all files below a folder, in order.
    static func files(at path: String) throws -> [String] {
        guard FileSystem.isFolder(path) else { return [path] }
        return try FileSystem.files(below: path).sorted().map { "\(path)/\($0)" }
    }
}
