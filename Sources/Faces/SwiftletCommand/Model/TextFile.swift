import Files

/// A file of text that a command reads.
enum TextFile {
    /// The whole text.
    static func read(_ path: String) throws -> String {
        guard let text = String(validating: try FileSystem.contents(of: path, limit: 1 << 30), as: UTF8.self) else {
            throw CommandError("\(path) is not UTF-8 text")
        }
        return text
    }
}
