/// Why models cannot be merged as asked: which file and line, what is wrong and what to do.
public struct MergeError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The configuration, or the model, that is to blame.
    public let path: String
    /// The line of the configuration, from 1.
    public let line: Int?
    /// The tensor or key, if one is to blame.
    public let location: String?
    /// What is wrong.
    public let reason: String
    /// What to do about it.
    public let remedy: String?

    /// Makes an error.
    package init(
        path: String, line: Int? = nil, location: String? = nil, reason: String, remedy: String? = nil
    ) {
        (self.path, self.line, self.location) = (path, line, location)
        (self.reason, self.remedy) = (reason, remedy)
    }

    /// The whole message.
    public var description: String {
        let place = [path, line.map { "line \($0)" }, location].compactMap(\.self).joined(separator: ", ")
        return "\(place): \(reason)." + (remedy.map { " \($0)." } ?? "")
    }
}
