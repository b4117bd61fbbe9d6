/// Why a split pattern cannot be used.
package struct SplitPatternError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The regular expression as it was given.
    package let regex: String
    /// Where in the expression that the matcher was given the problem is, in bytes.
    package let offset: Int
    /// What is wrong.
    package let reason: String

    /// The whole message.
    package var description: String {
        "the split pattern \(regex) is not a regular expression that can be used: \(reason) (near byte \(offset))"
    }
}
