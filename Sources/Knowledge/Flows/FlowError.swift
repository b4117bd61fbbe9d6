/// What is wrong with a flow, where, and what to do about it.
public struct FlowError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The file, or the node within it.
    public var place: String
    /// What is wrong.
    public var reason: String
    /// What to do about it.
    public var remedy: String?

    /// Makes an error.
    public init(_ place: String, _ reason: String, remedy: String? = nil) {
        (self.place, self.reason, self.remedy) = (place, reason, remedy)
    }

    /// The whole message.
    public var description: String { "\(place): \(reason)" + (remedy.map { "; \($0)" } ?? "") }
}
