/// A step that cuts normalized text into pieces; the cases are those of Hugging Face's `tokenizer.json`.
indirect enum PreTokenizer: Sendable {
    case split(TextPattern, SplitBehavior, invert: Bool)
    case pieces(SplitPattern)
    case spacePrefix
    case byteAlphabet
    case digits(individual: Bool)
    case words
    case whiteSpace
    case punctuation(SplitBehavior)
    case bert
    case metaspace(Metaspace)
    case delimiter(Unicode.Scalar)
    case fixedLength(Int)
    case sequence([PreTokenizer])

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
        case .digits(let individual): text.split(individual ? .isolated : .contiguous) { $0.isNumber }
        case .words: text.split(.removed, invert: true, Self.findWords)
        case .whiteSpace: text.split(.removed) { $0.properties.isWhitespace }
        case .punctuation(let behavior): text.split(behavior) { $0.isPunctuationOrASCIISymbol }
        case .bert:
            text.split(.removed) { $0.properties.isWhitespace }
            text.split(.isolated) { $0.isPunctuationOrASCIISymbol }
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
        text.rewritePieces { piece, index in
            TextPattern.literal([0x20]).replaceMatches(in: &piece, with: replacement)
            let prepends = scheme == .always || scheme == .first && startsText && index == 0
            if prepends, !piece.bytes.starts(with: replacement) { Normalizer.prepend(replacement, to: &piece) }
        }
        if splits { text.split(.mergedWithNext) { TextPattern.literal(replacement).forEachMatch(in: $0, $1) } }
    }
}
