/// Why something cannot be trained, and where.
package struct TrainingError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What sort of failure this is.
    package enum Kind: String, Sendable, Hashable {
        /// A recipe has a key or value that cannot be.
        case recipe
        /// A file of data is not what was expected.
        case data
        /// The model cannot be trained in this way.
        case model
        /// Numbers went out of bounds: a loss or gradient that is not finite.
        case numbers
        /// A checkpoint does not belong to what is to be continued, or is damaged.
        case checkpoint
    }

    /// What sort of failure this is.
    package let kind: Kind
    /// The file and its line, the key, or the tensor.
    package let place: String
    /// What is wrong there.
    package let reason: String
    /// What to do about it; may be empty.
    package let remedy: String

    /// Makes an error.
    package init(_ kind: Kind, at place: String, _ reason: String, remedy: String = "") {
        self.kind = kind
        self.place = place
        self.reason = reason
        self.remedy = remedy
    }

    /// The whole message: place, reason and remedy.
    package var description: String {
        let text = "\(place): \(reason)"
        return remedy.isEmpty ? text : "\(text) (\(remedy))"
    }
}
