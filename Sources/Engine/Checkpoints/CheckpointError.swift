/// Why a checkpoint cannot be read: which file, where in it, what is wrong and what to do.
public struct CheckpointError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The file or folder.
    public let path: String
    /// The key, tensor or offset in it, if the whole file is not to blame.
    public let location: String?
    /// What is wrong.
    public let reason: String
    /// What to do about it.
    public let remedy: String?

    public init(path: String, location: String? = nil, reason: String, remedy: String? = nil) {
        self.path = path
        self.location = location
        self.reason = reason
        self.remedy = remedy
    }

    /// The whole message.
    public var description: String {
        let place = location.map { "\(path), \($0)" } ?? path
        return "\(place): \(reason)." + (remedy.map { " \($0)." } ?? "")
    }
}
