/// Why something could not be measured, and where.
public struct EvaluationError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What sort of failure this is.
    public enum Kind: String, Sendable, Hashable {
        /// Two lists that belong together differ in length.
        case countMismatch
        /// There is nothing to measure: no texts, or nothing but empty references.
        case empty
        /// A parameter is outside its range.
        case parameter
        /// A file of data is not what was expected.
        case data
        /// A task file is not what was expected.
        case task
        /// A feature that is refused, such as code inside a task file.
        case refused
        /// A model answered with something that cannot be scored.
        case model
        /// A model's server did not answer a question; others may be answered.
        case unanswered
    }

    /// What sort of failure this is.
    public let kind: Kind
    /// The file, line, key or parameter.
    public let place: String
    /// What is wrong there.
    public let reason: String
    /// What to do about it; may be empty.
    public let remedy: String

    public init(_ kind: Kind, at place: String, _ reason: String, remedy: String = "") {
        self.kind = kind
        self.place = place
        self.reason = reason
        self.remedy = remedy
    }

    /// The whole message: place, reason and remedy.
    public var description: String {
        let text = "\(place): \(reason)"
        return remedy.isEmpty ? text : "\(text) (\(remedy))"
    }
}
