/// Why a text is not the JSON that was expected, and where.
public struct JSONError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The file or message that was read.
    public let source: String
    /// The position of the offending byte, from 0.
    public let offset: Int
    /// The line of that byte, from 1.
    public let line: Int
    /// The column of that byte within its line, from 1, in bytes.
    public let column: Int
    /// What is wrong.
    public let reason: String

    /// The whole message: source, line, column and reason.
    public var description: String { "\(source), line \(line), column \(column): \(reason)" }
}
