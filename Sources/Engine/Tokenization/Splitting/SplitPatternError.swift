/// Why a split pattern cannot be used.
public struct SplitPatternError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The regular expression as it was given.
    public let regex: String
    /// Where in the expression that the matcher was given the problem is, in bytes.
    public let offset: Int
    /// What is wrong.
    public let reason: String

    /// The whole message.
    public var description: String {
        "the split pattern \(regex) is not a regular expression that can be used: \(reason) (near byte \(offset))"
    }
}
