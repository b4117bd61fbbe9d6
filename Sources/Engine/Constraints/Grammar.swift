public import JSONValues

/// What a text must look like.
public indirect enum Grammar: Hashable, Sendable {
    /// A JSON value that a schema describes.
    case jsonSchema(JSON, SchemaOptions = SchemaOptions())
    /// A text that matches a regular expression as a whole.
    case regex(String)
    /// One of these texts.
    case choices([String])
    /// A grammar in llama.cpp's notation, beginning at `root`.
    case gbnf(String)
    /// A grammar in Lark's notation, beginning at `start`.
    case lark(String)
    /// Free text in which each of the triggers begins a part with a grammar of its own.
    case tags([StructuralTag], mode: TagMode = .free)
    /// This text. What spells a special token of the vocabulary, here and in tags, is that token.
    case text(String)
    /// One after another.
    case sequence([Grammar])
    /// One of these.
    case anyOf([Grammar])
    /// One or more of the same kind, with a text between two.
    case list(Grammar, separator: String)
    /// Any text up to the first time that this one occurs, that included.
    case upTo(String)
    /// Any text that begins with none of these.
    case notBeginning([String])
}

/// A part of a text with a grammar of its own, such as a call of a tool.
public struct StructuralTag: Hashable, Sendable {
    /// What begins the part, such as `<tool_call>`.
    public var begin: String
    /// What the part contains.
    public var content: Grammar
    /// What ends the part, such as `</tool_call>`; may be empty.
    public var end: String

    public init(begin: String, content: Grammar, end: String) {
        self.begin = begin
        self.content = content
        self.end = end
    }
}

/// Where structural tags may stand.
public enum TagMode: Hashable, Sendable {
    /// Anywhere in free text, any number of times.
    case free
    /// In free text, at least once.
    case atLeastOnce
    /// In free text, at most once: the text ends with it.
    case atMostOnce
    /// One tag and no other text.
    case only
}

/// How JSON is written for a schema.
public struct SchemaOptions: Hashable, Sendable {
    /// In which order declared members come.
    public enum Order: Hashable, Sendable {
        /// As the schema declares them.
        case declared
        /// In any order.
        case any
    }

    /// In which order declared members come.
    public var order: Order
    /// Whether white space may stand between the parts of JSON, or only one space after commas and colons.
    public var allowsWhitespace: Bool

    /// The most digits of numbers; nil for any number of them.
    public var digits: DigitLimits?

    /// Makes options.
    public init(order: Order = .any, allowsWhitespace: Bool = true, digits: DigitLimits? = nil) {
        self.order = order
        self.allowsWhitespace = allowsWhitespace
        self.digits = digits
    }

    /// How a model is to write JSON: members in their order, and neither white space nor digits that it could go on with for
    /// ever.
    public static let compact = SchemaOptions(order: .declared, allowsWhitespace: false, digits: DigitLimits())
}

/// The most digits that a number is written with. Where a schema names a number with more of them, there may be as many.
public struct DigitLimits: Hashable, Sendable {
    /// Before the point.
    public var whole: Int
    /// Behind the point.
    public var fraction: Int
    /// Of the exponent.
    public var exponent: Int

    /// Makes limits; without arguments 20, 17 and 2: every whole number of 64 bits can be written, and no number is too large for
    /// a double.
    public init(whole: Int = 20, fraction: Int = 17, exponent: Int = 2) {
        self.whole = whole
        self.fraction = fraction
        self.exponent = exponent
    }
}
