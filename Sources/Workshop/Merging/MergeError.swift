/// Why models cannot be merged as asked: which file and line, what is wrong and what to do.
package struct MergeError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The configuration, or the model, that is to blame.
    package let path: String
    /// The line of the configuration, from 1.
    package let line: Int?
    /// The tensor or key, if one is to blame.
    package let location: String?
    /// What is wrong.
    package let reason: String
    /// What to do about it.
    package let remedy: String?

    /// Makes an error.
    package init(
        path: String, line: Int? = nil, location: String? = nil, reason: String, remedy: String? = nil
    ) {
        (self.path, self.line, self.location) = (path, line, location)
        (self.reason, self.remedy) = (reason, remedy)
    }

    /// The whole message.
    package var description: String {
        let place = [path, line.map { "line \($0)" }, location].compactMap(\.self).joined(separator: ", ")
        return "\(place): \(reason)." + (remedy.map { " \($0)." } ?? "")
    }
}
