public import JSONValues

/// A text with holes: `{name}`, or `{name:integer}` for a hole that takes only one kind of value. `{{` and `}}` are braces.
///
/// ```swift
/// import Swiftlet
///
/// let prompt = try PromptTemplate("Translate into {language}: {text}")
/// let german = prompt.filled(["language": "German"])
/// print(try german.render(["text": "Good morning"]))
/// ```
public struct PromptTemplate: Sendable, Hashable {
    /// What a hole takes.
    public enum Kind: String, Sendable, Hashable {
        /// Anything; what is no text is written as JSON.
        case any
        case text, integer, number, boolean, list, object
    }

    private enum Piece: Sendable, Hashable {
        case text(String)
        case hole(String, Kind)
    }

    private var pieces: [Piece] = []
    private var values: [String: JSON] = [:]

    /// Reads a template.
    ///
    /// - Throws: `PromptError` for a brace that opens no hole.
    public init(_ text: String) throws(PromptError) {
        pieces = try Self.pieces(text, isLenient: false)
    }

    /// Reads a template in which braces around anything but a name are just text, as in examples with JSON.
    public init(lenient text: String) {
        pieces = (try? Self.pieces(text, isLenient: true)) ?? [.text(text)]
    }

    /// The names of the holes that are still empty, in the order of the text.
    public var holes: [String] {
        var names: [String] = []
        for case .hole(let name, _) in pieces where values[name] == nil && !names.contains(name) { names.append(name) }
        return names
    }

    /// The template with some of its holes filled.
    public func filled(_ more: [String: JSON]) -> PromptTemplate {
        var copy = self
        copy.values.merge(more) { $1 }
        return copy
    }

    /// The text with all holes filled.
    ///
    /// - Throws: `PromptError` for a hole without a value, or with one of the wrong kind.
    public func render(_ more: [String: JSON] = [:]) throws(PromptError) -> String {
        var text = ""
        for piece in pieces {
            switch piece {
            case .text(let part): text += part
            case .hole(let name, let kind):
                guard let value = more[name] ?? values[name] else {
                    throw .missing(name, given: (Array(more.keys) + values.keys).sorted())
                }
                guard kind.accepts(value) else { throw .wrongKind(name, expected: kind, found: value.kind) }
                text += value.stringValue ?? value.text(.python)
            }
        }
        return text
    }

    /// The text with holes filled by the properties of a value.
    public func render(properties value: some Encodable) throws -> String {
        let json = try JSON(encoding: value)
        return try render(
            Dictionary((json.objectValue ?? [:]).map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first }))
    }

    private static func pieces(_ text: String, isLenient: Bool) throws(PromptError) -> [Piece] {
        var (pieces, plain, rest): ([Piece], String, Substring) = ([], "", text[...])
        while let character = rest.first {
            if rest.hasPrefix("{{") || rest.hasPrefix("}}") {
                plain.append(character)
                rest = rest.dropFirst(2)
                continue
            }
            rest = rest.dropFirst()
            guard character == "{" || character == "}" else {
                plain.append(character)
                continue
            }
            if character == "{", let end = rest.firstIndex(of: "}"), let hole = hole(rest[..<end]) {
                if !plain.isEmpty { pieces.append(.text(plain)) }
                plain = ""
                pieces.append(hole)
                rest = rest[rest.index(after: end)...]
            } else if isLenient {
                plain.append(character)
            } else {
                throw .malformed(near: String(character) + rest.prefix(30))
            }
        }
        if !plain.isEmpty { pieces.append(.text(plain)) }
        return pieces
    }

    private static func hole(_ text: Substring) -> Piece? {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let name = parts[0].trimmed
        guard let first = name.first, first.isLetter || first == "_",
            name.allSatisfy({ $0.isLetter || $0.isNumber || "_.-".contains($0) })
        else { return nil }
        guard parts.count == 2 else { return .hole(name, .any) }
        return Kind(rawValue: parts[1].trimmed).map { .hole(name, $0) }
    }
}

extension PromptTemplate.Kind {
    func accepts(_ value: JSON) -> Bool {
        switch self {
        case .any: true
        case .text: value.stringValue != nil
        case .integer: value.intValue != nil
        case .number: value.doubleValue != nil
        case .boolean: value.boolValue != nil
        case .list: value.arrayValue != nil
        case .object: value.objectValue != nil
        }
    }
}

extension StringProtocol {
    /// The text without white space at its ends.
    package var trimmed: String {
        guard let start = firstIndex(where: { !$0.isWhitespace }), let end = lastIndex(where: { !$0.isWhitespace })
        else { return "" }
        return String(self[start...end])
    }
}

/// What is wrong with a template or what it is given.
public enum PromptError: Error, Sendable, Hashable, CustomStringConvertible {
    /// A brace opens no hole.
    case malformed(near: String)
    /// A hole has no value.
    case missing(String, given: [String])
    /// A hole's value is of another kind.
    case wrongKind(String, expected: PromptTemplate.Kind, found: String)

    /// What is wrong and what to do about it.
    public var description: String {
        switch self {
        case .malformed(let text):
            "the template has a brace that opens no hole, at \"\(text)\"; write {{ or }} for a brace"
        case .missing(let name, let given):
            "the template's {\(name)} has no value; there are \(given.isEmpty ? "none" : given.joined(separator: ", "))"
        case .wrongKind(let name, let expected, let found):
            "the template's {\(name)} wants \(expected.rawValue), not \(found)"
        }
    }
}
