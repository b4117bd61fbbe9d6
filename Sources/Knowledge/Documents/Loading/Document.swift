/// A document as text: its parts in their order.
public struct Document: Sendable, Hashable {
    /// Pages, slides, sheets, messages; a file without such is one part.
    public var parts: [DocumentPart]
    /// What a person should know: pages without text, attachments that were left out.
    public var notes: [String]

    /// A document of these parts.
    public init(parts: [DocumentPart], notes: [String] = []) { (self.parts, self.notes) = (parts, notes) }
}

/// A part of a document that no passage reaches out of.
public struct DocumentPart: Sendable, Hashable {
    /// How a text is built, which tells where it may be cut.
    public enum Structure: Sendable, Hashable {
        /// Paragraphs.
        case prose
        /// Paragraphs under headings in Markdown's writing.
        case headed
        /// Source code.
        case code
        /// A record a line.
        case records
    }

    /// Which lines of the file those of the text are.
    public enum Lines: Sendable, Hashable {
        /// The text was taken out of something that has no lines.
        case none
        /// The file's own.
        case own
        /// The number in the file, from 1, of each line of the text; what they are called there: line, row.
        case numbered([Int], name: String)
    }

    public var text: String
    /// What it is called in the document, such as `page 3`; nil for the only part.
    public var place: String?
    /// How it is built.
    public var structure: Structure
    /// Where its lines are in the file.
    public var lines: Lines

    /// A part; zero bytes, which no text needs and databases stumble over, are taken out before anything is counted.
    public init(_ text: String, place: String? = nil, structure: Structure = .prose, lines: Lines = .none) {
        self.text = text.utf8.contains(0) ? String(text.unicodeScalars.filter { $0.value != 0 }) : text
        (self.place, self.structure, self.lines) = (place, structure, lines)
    }
}

/// Where a passage is in its document.
public struct DocumentLocation: Sendable, Hashable, Codable, CustomStringConvertible {
    /// The part, such as `page 3`.
    public var place: String?
    /// The first and last line (or row), from 1.
    public var lines: ClosedRange<Int>?
    /// What these are called.
    public var lineName: String
    /// The headings that it stands under, outermost first.
    public var section: [String]

    /// A location.
    public init(
        place: String? = nil, lines: ClosedRange<Int>? = nil, lineName: String = "line", section: [String] = []
    ) {
        (self.place, self.lines, self.lineName, self.section) = (place, lines, lineName, section)
    }

    /// As people write it: `page 3`, `lines 12-20, Fees > Late payment`.
    public var description: String {
        var parts: [String] = []
        if let place { parts.append(place) }
        if let lines {
            parts.append(
                lines.count == 1
                    ? "\(lineName) \(lines.lowerBound)" : "\(lineName)s \(lines.lowerBound)-\(lines.upperBound)")
        }
        if !section.isEmpty { parts.append(section.joined(separator: " > ")) }
        return parts.joined(separator: ", ")
    }
}
