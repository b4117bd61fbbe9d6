/// A record as the text that a model will see, before it becomes tokens.
struct SampleText {
    /// A part that is learned.
    struct Span {
        /// Bytes of the text's UTF-8.
        var range: Range<Int>
        var weight: Float
        /// The weight of the token that ends the span.
        var endWeight: Float
        /// Whether the span is over after its first end-of-generation token: what comes then a model never writes.
        var stopsAtEnd = false
        /// Whether `range` ends where the span does; otherwise an end token must say so.
        var isEndKnown = true
        /// The turn of a conversation, from 1, for errors.
        var turn: Int?
    }

    private(set) var text = ""
    /// The bytes that are somebody's words, in which nothing is a special token.
    private(set) var plain: [Range<Int>] = []
    var learned: [Span] = []
    /// Whether the tokens that begin a text are put in front.
    var isFramed = true
    /// The weight of the end-of-text token that is put at the end; nil for no such token.
    var endWeight: Float?
    /// Whether a longer text becomes several sequences.
    var isSplit = false
    /// Whether every end token is learned.
    var learnsAllEnds = false
    /// Where the record stands, for errors.
    var place: String

    init(place: String) { self.place = place }

    /// A text with the parts that are somebody's words.
    init(_ text: String, plain: [Range<Int>], place: String) {
        (self.text, self.plain, self.place) = (text, plain, place)
        isFramed = false
    }

    /// Adds a part.
    mutating func append(_ part: String, isPlain: Bool, weight: Float = 0) {
        let start = text.utf8.count
        text += part
        let range = start..<text.utf8.count
        guard !range.isEmpty else { return }
        if isPlain {
            if let last = plain.last, last.upperBound == start {
                plain[plain.count - 1] = last.lowerBound..<range.upperBound
            } else {
                plain.append(range)
            }
        }
        if weight != 0 { learned.append(Span(range: range, weight: weight, endWeight: weight)) }
    }
}
