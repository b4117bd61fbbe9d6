/// A piece of a document that is found and quoted as one.
public struct Passage: Sendable, Hashable {
    /// The text, exactly as it stands in its part.
    public var text: String
    /// Where it is.
    public var location: DocumentLocation
    /// Its number in the document, from 0.
    public var number: Int
    /// The passages that belong around it: those of its larger passage, or its neighbours.
    public var context: ClosedRange<Int>

    /// The heading that is embedded above the text, since the text does not begin with it.
    package var addedHeading: String? { text.hasPrefix("#") ? nil : location.section.last }

    /// What is embedded.
    package var embeddedText: String { addedHeading.map { "\($0)\n\(text)" } ?? text }
}

/// How documents become passages.
public struct SplittingOptions: Sendable, Hashable, Codable {
    /// The ways to split.
    public enum Method: String, Sendable, Codable, CaseIterable {
        /// By what the part is: under headings, between declarations, records, or paragraphs.
        case structure
        /// Paragraphs, lines, sentences, words: the coarsest pieces that fit, whatever the part is.
        case recursive
        /// Whole sentences.
        case sentence
        /// Each sentence for itself, found by itself and read with its neighbours.
        case window
        /// Whole sentences, parted where the subject changes, by what the encoder makes of them.
        case semantic
        /// Small passages, found by themselves and read with the large one that they are of.
        case hierarchical

        /// Whether sentences are looked at one by one, however short they are.
        var takesEachSentence: Bool { self == .window || self == .semantic }
    }

    /// The way to split.
    public var method = Method.structure
    /// The most tokens of a passage.
    public var size: Int
    /// The most tokens that a passage repeats of the one before.
    public var overlap: Int

    /// Options; an eighth of the size overlaps unless told otherwise.
    public init(method: Method = .structure, size: Int = 256, overlap: Int? = nil) {
        (self.method, self.size, self.overlap) = (method, size, overlap ?? size / 8)
    }

    /// How many sentences of each side belong to one that is found by itself.
    static let window = 3
    /// How many small passages a large one has room for.
    static let children = 4
}

/// Why documents cannot be split.
public enum SplittingError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Passages would have no room, or never get further.
    case sizes(size: Int, overlap: Int)

    /// What is wrong and what to do about it.
    public var description: String {
        switch self {
        case .sizes(let size, let overlap):
            "a passage of \(size) tokens cannot repeat \(overlap) of the one before: give it 8 tokens or more, and let it "
                + "repeat less than half of them"
        }
    }
}
