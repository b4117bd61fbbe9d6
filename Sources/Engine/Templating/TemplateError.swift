/// Why a template could not be read or rendered, and where.
public struct TemplateError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What sort of failure this is.
    public enum Kind: Sendable, Hashable {
        /// The template is not well formed.
        case syntax
        /// Something undefined was used where a value is needed.
        case undefined
        /// An operation does not fit its operands or arguments.
        case operation
        /// A bound of ``TemplateLimits`` was reached.
        case limit
        /// A feature that templates may not use.
        case refused
        /// The template itself called `raise_exception`: the conversation is at fault, and `reason` is its message.
        case raised
    }

    /// What sort of failure this is; a server answers ``Kind/raised`` as the client's mistake.
    public let kind: Kind
    /// The name of the template.
    public let template: String
    /// The line in the template, from 1.
    public let line: Int
    /// What is wrong; for ``Kind/raised`` exactly the message of the template.
    public let reason: String
    /// What to do about it; may be empty.
    public let remedy: String

    /// The whole message: template, line, reason and remedy.
    public var description: String {
        let text = "\(template), line \(line): \(reason)"
        return remedy.isEmpty ? text : "\(text) (\(remedy))"
    }
}
