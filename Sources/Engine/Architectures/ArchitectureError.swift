/// Why a checkpoint cannot be run as a model.
public struct ArchitectureError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The file or folder.
    public let path: String
    /// The configuration key or tensor at fault, where there is one.
    public let key: String?
    /// What is wrong, and what to do about it.
    public let reason: String

    public init(path: String, key: String? = nil, reason: String) {
        self.path = path
        self.key = key
        self.reason = reason
    }

    /// The whole message.
    public var description: String { key.map { "\(path): \($0): \(reason)" } ?? "\(path): \(reason)" }
}
