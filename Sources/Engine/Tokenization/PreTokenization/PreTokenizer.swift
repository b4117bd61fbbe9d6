/// A step that cuts normalized text into pieces; the cases are those of Hugging Face's `tokenizer.json`.
indirect enum PreTokenizer: Sendable {
    case split(TextPattern, SplitBehavior, invert: Bool)
    case pieces(SplitPattern)
    case spacePrefix
    case byteAlphabet
    case words
    case whiteSpace
    case punctuation(SplitBehavior)
    case bert
    case metaspace(Metaspace)
    case delimiter(Unicode.Scalar)
    case fixedLength(Int)
    case sequence([PreTokenizer])

    /// Whether a step treats a text that begins the original in a way of its own.
    var mindsStart: Bool {
        switch self {
        case .metaspace(let metaspace): metaspace.scheme == .first
        case .sequence(let steps): steps.contains(where: \.mindsStart)
        default: false
        }
    }

    /// The same steps with patterns that follow one another in one.
    static func joined(_ steps: [PreTokenizer]) -> [PreTokenizer] {
        steps.reduce(into: []) { output, step in
            if case .pieces(let second) = step, case .pieces(let first)? = output.last {
                output[output.count - 1] = .pieces(SplitPattern(steps: first.steps + second.steps))
            } else {
                output.append(step)
            }
        }
    }

    /// Cuts the pieces of `text` further.
    func apply(to text: inout PreTokenizedText) {
        switch self {
        case .split(let pattern, let behavior, let invert):
            text.split(behavior, invert: invert) { pattern.forEachMatch(in: $0, $1) }
        case .pieces(let pattern): text.cut { pattern.forEachPiece(in: $0, $1) }
        case .spacePrefix:
            text.rewritePieces { piece, _ in
                if piece.bytes.first != 0x20 { Normalizer.prepend([0x20], to: &piece) }
            }
        case .byteAlphabet: text.rewritePieces { piece, _ in piece.mapBytesToAlphabet() }
        case .words: text.split(.removed, invert: true, Self.findWords)
        case .whiteSpace: text.cut { Self.findWords(in: $0, isolatesPunctuation: false, $1) }
        case .punctuation(let behavior): text.split(behavior) { $0.isPunctuationOrASCIISymbol }
        case .bert: text.cut { Self.findWords(in: $0, isolatesPunctuation: true, $1) }
        case .metaspace(let metaspace): metaspace.apply(to: &text)
        case .delimiter(let delimiter): text.split(.removed) { $0 == delimiter }
        case .fixedLength(let length): text.split(.isolated) { Self.findChunks(in: $0, of: length, $1) }
        case .sequence(let steps):
            for step in steps { step.apply(to: &text) }
        }
    }

    /// Reports runs of word characters and runs of what is neither a word character nor white space.
    private static func findWords(in bytes: UnsafeBufferPointer<UInt8>, _ found: (Range<Int>) -> Void) {
        var position = 0
        var run: (start: Int, isWord: Bool)?
        while position < bytes.count {
            let start = position
            let scalar = decodeScalar(bytes, &position)
            let isWord = scalar.isWord
            let isSpace = !isWord && scalar.properties.isWhitespace
            if let current = run, isSpace || current.isWord != isWord {
                found(current.start..<start)
                run = nil
            }
            if run == nil, !isSpace { run = (start, isWord) }
        }
        if let run { found(run.start..<bytes.count) }
    }

    /// Reports what white space separates, or rather, with `isolatesPunctuation`, punctuation and what is between.
    private static func findWords(
        in bytes: UnsafeBufferPointer<UInt8>, isolatesPunctuation: Bool, _ found: (Range<Int>) -> Void
    ) {
        guard let base = bytes.baseAddress else { return }
        let text = ScalarText(bytes: base, end: bytes.count)
        var start = 0
        var position = 0
        while position < text.end {
            let (classes, length) = text.scalar(at: position)
            let next = position &+ length
            let separates = classes.meets(.whitespace)
            if separates || isolatesPunctuation && isPunctuation(classes, in: bytes, at: position) {
                if start < position { found(start..<position) }
                if !separates { found(position..<next) }
                start = next
            }
            position = next
        }
        if start < text.end { found(start..<text.end) }
    }

    /// Whether a scalar counts as punctuation or as an ASCII symbol; `classes` follow a later Unicode than that does.
    @inline(__always)
    private static func isPunctuation(
        _ classes: ScalarClass, in bytes: UnsafeBufferPointer<UInt8>, at position: Int
    ) -> Bool {
        // A mark of Sharada, beyond the first plane, was punctuation.
        guard classes.meets([.punctuation, .symbol, .other]) || bytes[position] >= 0xF0 else { return false }
        if bytes[position] < 0x80 { return classes.meets([.punctuation, .symbol]) }
        var position = position
        return decodeScalar(bytes, &position).isPunctuationOrASCIISymbol
    }

    private static func findChunks(
        in bytes: UnsafeBufferPointer<UInt8>, of length: Int, _ found: (Range<Int>) -> Void
    ) {
        var start = 0
        var position = 0
        var count = 0
        while position < bytes.count {
            _ = decodeScalar(bytes, &position)
            count += 1
            if count == length {
                found(start..<position)
                start = position
                count = 0
            }
        }
    }
}

/// SentencePiece's way with spaces: each becomes a visible character that words begin with.
struct Metaspace: Sendable, Hashable {
    /// Where a replacement is put before a piece that does not begin with one.
    enum PrependScheme: String, Sendable {
        case always, first, never
    }

    var replacement: [UInt8] = Array("▁".utf8)
    var scheme = PrependScheme.always
    var splits = true

    func apply(to text: inout PreTokenizedText) {
        let startsText = text.startsText && text.pieces.first?.lowerBound == 0
        guard text.text.tracksOrigins else { return applyToBytes(of: &text, startsText: startsText) }
        text.rewritePieces { piece, index in
            TextPattern.literal([0x20]).replaceMatches(in: &piece, with: replacement)
            let prepends = scheme == .always || scheme == .first && startsText && index == 0
            if prepends, !piece.bytes.starts(with: replacement) { Normalizer.prepend(replacement, to: &piece) }
        }
        if splits { text.split(.mergedWithNext) { TextPattern.literal(replacement).forEachMatch(in: $0, $1) } }
    }

    /// The same in one go for text of which nobody asks where it came from: every replacement begins a piece.
    private func applyToBytes(of text: inout PreTokenizedText, startsText: Bool) {
        guard let replacementStart = replacement.first else { return }
        var output: [UInt8] = []
        var pieces: [Range<Int>] = []
        output.reserveCapacity(text.text.bytes.count + text.pieces.count * replacement.count)
        pieces.reserveCapacity(text.pieces.count)
        for (index, piece) in text.pieces.enumerated() {
            var start = output.count
            func beginPiece() {
                if splits, start < output.count { pieces.append(start..<output.count) }
                if splits { start = output.count }
                output += replacement
            }
            var rest = text.text.bytes[piece]
            let prepends = scheme == .always || scheme == .first && startsText && index == 0
            if prepends, rest.first != 0x20, !rest.starts(with: replacement) { beginPiece() }
            while let byte = rest.first {
                if byte == 0x20 {
                    beginPiece()
                    rest.removeFirst()
                } else if byte == replacementStart, rest.starts(with: replacement) {
                    beginPiece()
                    rest.removeFirst(replacement.count)
                } else {
                    let next = rest.dropFirst().firstIndex { $0 == 0x20 || $0 == replacementStart } ?? rest.endIndex
                    output += rest[..<next]
                    rest = rest[next...]
                }
            }
            if start < output.count { pieces.append(start..<output.count) }
        }
        text.replace(with: output, pieces)
    }
}
