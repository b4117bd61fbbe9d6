import JSONValues

/// Why a tokenizer could not be made from its files.
public struct TokenizerError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The file or model that was read.
    public let source: String
    /// The key, line or position within it, such as `model.merges[12]`.
    public let key: String
    /// What is wrong there, and what to do about it.
    public let reason: String

    public init(source: String, key: String, reason: String) {
        self.source = source
        self.key = key
        self.reason = reason
    }

    init(_ error: JSONError) {
        self.init(source: error.source, key: "line \(error.line), column \(error.column)", reason: error.reason)
    }

    /// The whole message: source, key and reason.
    public var description: String { "\(source): \(key): \(reason)" }
}
