/// How a model writes calls of tools.
///
/// An answer has sections of calls, each with an opening, calls with a separator between two, and a closing. The grammar that
/// makes calls valid and the parser that reads them both follow this description.
public struct ToolCallFormat: Sendable, Hashable {
    /// A piece of a call.
    enum Piece: Sendable, Hashable {
        /// Exactly this.
        case text(String)
        /// One of these; they begin differently from what a name may hold.
        case oneOf([String])
        /// Up to twelve blanks and line ends.
        case space
        /// The function's name.
        case name
        /// A number or word by which the model tells calls apart, which nobody else needs.
        case identifier
        /// The arguments as JSON.
        case arguments
        /// The arguments as Python writes them: `city="Paris", days=3`.
        case keywords
    }

    /// The name by which the format is chosen, such as `hermes`.
    public let name: String
    /// What begins calls, in free text or only where the answer begins.
    var opening: String
    /// What begins calls where they must come, if that is longer.
    var fullOpening: String?
    var opensAnswersOnly = false
    /// Between the opening and the first call.
    var head: [Piece] = []
    var call: [Piece]
    /// Between calls of one section; nil where a section has one.
    var separator: String?
    var closing: [Piece] = []
    /// Between sections; nil where an answer has one.
    var sectionSeparator: String?
    /// What is neither text nor part of a call.
    var hidden: [String] = []
    /// The opening stands at the prompt's end, and a name that says that text follows.
    var textName: String?
    /// Whether ids of calls are nine letters and digits, as some templates demand.
    var hasShortIdentifiers = false
    /// Whether the model's template does not speak of tools, so that the prompt explains them.
    public var explainsTools = false

    /// How else models write calls in free text though their template does not say so. All begin with ``variantOpening``; the
    /// names of tools follow the openings at once, and only with them does a call begin.
    var variants: [ToolCallFormat] = []
    var variantOpening = ""

    /// Whether an answer may have several calls.
    public var allowsSeveral: Bool { separator != nil || sectionSeparator != nil }

    /// All texts that may hold special tokens which the parser must see.
    var marks: [String] {
        let texts = (head + call + closing).flatMap { piece -> [String] in
            switch piece {
            case .text(let text): [text]
            case .oneOf(let texts): texts
            default: []
            }
        }
        return texts + hidden + [opening, separator, fullOpening, sectionSeparator].compactMap { $0 }
    }
}
