/// Why a document cannot be read: which file, what is wrong, and what to do about it.
public struct DocumentError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The file.
    public var path: String
    /// What is wrong.
    public var reason: String
    /// What helps, if anything does.
    public var remedy: String?

    /// An error about a file.
    public init(_ path: String, _ reason: String, remedy: String? = nil) {
        (self.path, self.reason, self.remedy) = (path, reason, remedy)
    }

    /// The whole message.
    public var description: String { "\(path): \(reason)." + (remedy.map { " \($0)." } ?? "") }
}

/// What is wrong inside of a file, for whoever knows the file's path.
struct Malformed: Error {
    var reason: String
    var remedy: String?

    init(_ reason: String, remedy: String? = nil) { (self.reason, self.remedy) = (reason, remedy) }
}
