import Essentials

/// The name of a model in the store: lowercase ASCII letters, digits, `.`, `_` and `-`, beginning with a letter or
/// digit. Such a name is one folder on every file system and cannot leave the store.
public struct ModelName: Sendable, Hashable, CustomStringConvertible {
    /// The longest name, in bytes.
    public static let maximumLength = 96

    /// The name as it stands in the store.
    public let text: String

    /// Checks a name that a person typed; uppercase letters become lowercase.
    public init(_ text: String) throws(ModelStoreError) {
        func refusal(_ reason: String) -> ModelStoreError { .invalidName(text, reason: reason) }
        guard let first = text.utf8.first else { throw refusal("it is empty") }
        guard text.utf8.count <= Self.maximumLength else {
            throw refusal("it has \(text.utf8.count) bytes, more than \(Self.maximumLength)")
        }
        guard Self.isLetterOrDigit(first) else { throw refusal("it must begin with a letter or a digit") }
        guard text.utf8.allSatisfy(Self.isAllowed), !text.contains("..") else {
            throw refusal("only letters, digits and single . _ - may be used")
        }
        self.text = text.lowercased()
    }

    /// Makes a name out of a file's or repository's name by replacing what names may not hold.
    public init(derivedFrom text: String) throws(ModelStoreError) {
        var name = String(decoding: text.utf8.map { Self.isAllowed($0) ? $0 : UInt8(ascii: "-") }, as: UTF8.self)
        while name.contains("..") { name.replace("..", with: ".") }
        while let first = name.utf8.first, !Self.isLetterOrDigit(first) { name.removeFirst() }
        try self.init(String(name.prefix(Self.maximumLength)))
    }

    /// The name.
    public var description: String { text }

    /// The name among `candidates` that `text` was probably meant to be: one that begins with it, or the one with the
    /// fewest typing errors between them if these are few.
    public static func nearest(to text: String, among candidates: [String]) -> String? {
        let text = text.lowercased()
        if let longer = candidates.first(where: { !text.isEmpty && $0.hasPrefix(text) }) { return longer }
        return Spelling.nearest(to: text, among: candidates)
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        isLetterOrDigit(byte) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}
