/// Text that knows which of its parts a template took from its input instead of writing them itself.
///
/// What people write may spell a special token or the beginning of a turn; only what the template writes is one.
package struct MarkedText: Sendable, Hashable {
    package private(set) var text: String
    /// The bytes of the text's UTF-8 that came from the input: in order, not empty, none touching another.
    package private(set) var inputs: [Range<Int>]

    /// Text that is all input or not at all.
    init(_ text: String, isInput: Bool = false) {
        self.text = text
        inputs = isInput && !text.isEmpty ? [0..<text.utf8.count] : []
    }

    private init(_ text: String, inputs: [Range<Int>]) {
        self.text = text
        self.inputs = inputs
    }

    /// Whether a part came from the input.
    var hasInput: Bool { !inputs.isEmpty }

    var isEmpty: Bool { text.isEmpty }

    /// The same, all of it input if any of it is.
    var widened: MarkedText { hasInput ? MarkedText(text, isInput: true) : self }

    mutating func append(_ other: MarkedText) {
        let start = text.utf8.count
        text += other.text
        for range in other.inputs { mark(start + range.lowerBound..<start + range.upperBound) }
    }

    /// Adds what the template writes.
    mutating func append(_ literal: some StringProtocol) { text += literal }

    /// The part between two places in ``text``.
    func part(_ range: Range<String.Index>) -> MarkedText {
        let part = String(text[range])
        guard hasInput else { return MarkedText(part) }
        let start = text.utf8.distance(from: text.startIndex, to: range.lowerBound)
        return MarkedText(part, inputs: inputs(in: start..<start + part.utf8.count))
    }

    /// Texts that follow one another in this one with `separatorBytes` between them, with their marks.
    func marking(_ pieces: [String], separatorBytes: Int) -> [MarkedText] {
        guard hasInput else { return pieces.map { MarkedText($0) } }
        var start = 0
        return pieces.map { piece in
            defer { start += piece.utf8.count + separatorBytes }
            return MarkedText(piece, inputs: inputs(in: start..<start + piece.utf8.count))
        }
    }

    func repeated(_ count: Int) -> MarkedText {
        guard !text.isEmpty, count > 0 else { return MarkedText("") }
        guard hasInput else { return MarkedText(String(repeating: text, count: count)) }
        var result = MarkedText("")
        for _ in 0..<count { result.append(self) }
        return result
    }

    /// The text with the first `limit` occurrences of `old` replaced.
    func replacing(_ old: String, with new: MarkedText, limit: Int) -> MarkedText {
        guard hasInput || new.hasInput else { return MarkedText(text.replacing(old, with: new.text, limit: limit)) }
        var result = MarkedText("")
        var start = text.startIndex
        for range in text.ranges(of: old, limit: limit) {
            result.append(part(start..<range.lowerBound))
            result.append(new)
            start = range.upperBound
        }
        result.append(part(start..<text.endIndex))
        return result
    }

    /// The text without the scalars at its ends for which `isStripped` holds.
    func stripped(left: Bool, right: Bool, _ isStripped: (Unicode.Scalar) -> Bool) -> MarkedText {
        var scalars = text.unicodeScalars[...]
        if left { scalars = scalars.drop(while: isStripped) }
        if right { while let last = scalars.last, isStripped(last) { scalars.removeLast() } }
        return part(scalars.startIndex..<scalars.endIndex)
    }

    /// The text with `&`, `<`, `>`, `'` and `"` as HTML writes them.
    var escapedForHTML: MarkedText { MarkedText(text.escapedForHTML, isInput: hasInput) }

    private func inputs(in window: Range<Int>) -> [Range<Int>] {
        var (first, end) = (0, inputs.count)
        while first < end {
            let middle = (first + end) / 2
            if inputs[middle].upperBound <= window.lowerBound { first = middle + 1 } else { end = middle }
        }
        return inputs[first...].prefix { $0.lowerBound < window.upperBound }.map { range in
            let common = range.clamped(to: window)
            return common.lowerBound - window.lowerBound..<common.upperBound - window.lowerBound
        }
    }

    private mutating func mark(_ range: Range<Int>) {
        if let last = inputs.last, last.upperBound == range.lowerBound {
            inputs[inputs.count - 1] = last.lowerBound..<range.upperBound
        } else {
            inputs.append(range)
        }
    }
}

extension Value {
    /// Text that the template wrote.
    static func string(_ text: String) -> Value { .string(MarkedText(text)) }

    /// Whether any text in the value came from the input.
    var hasInput: Bool {
        if let marked { return marked.hasInput }
        return extent.hasInput
    }

    /// The value with all of its text marked as input.
    var asInput: Value {
        switch self {
        case .string(let text): .string(MarkedText(text.text, isInput: true))
        case .markup(let text): .markup(MarkedText(text.text, isInput: true))
        case .list(let elements): .list(elements.items.map(\.asInput))
        case .tuple(let elements): .tuple(elements.items.map(\.asInput))
        default: self
        }
    }
}

extension Arguments {
    var hasInput: Bool { positional.contains(where: \.hasInput) || keyword.contains { $0.value.hasInput } }
}
