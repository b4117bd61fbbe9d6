/// A step from tokens to text; the cases are those of Hugging Face's `tokenizer.json`.
enum DecoderStep: Sendable {
    /// How byte pieces that are not UTF-8 are replaced.
    enum ByteRuns: Sendable {
        /// A run of byte pieces that is not UTF-8 becomes one U+FFFD for each piece.
        case whole
        /// Each byte that is not part of UTF-8 becomes U+FFFD (SentencePiece).
        case single
    }

    case byteAlphabet
    /// Takes `space` off a piece that begins the text; with `ofEveryPiece` off each until one gives text (SentencePiece).
    case leadingSpace([UInt8], ofEveryPiece: Bool)
    case byteFallback(ByteRuns)
    case fuse
    case strip(content: [UInt8], start: Int, stop: Int)
    case replace(TextPattern, with: [UInt8])
    case metaspace(replacement: [UInt8], stripsFirst: Bool)
    case wordPiece(prefix: [UInt8], cleansUp: Bool)
    case bytePair(suffix: [UInt8])
    case connectionist(padding: [UInt8], delimiter: [UInt8], cleansUp: Bool)
    case joinWithSpaces

    /// Whether what leaves this step is one text in whatever portions, no longer tokens.
    var joinsTokens: Bool {
        switch self {
        case .byteAlphabet, .fuse: true
        default: false
        }
    }

    /// What becomes of a piece with others before and after it.
    func bytes(ofInnerPiece piece: [UInt8]) -> [UInt8] {
        switch self {
        case .byteAlphabet: ByteAlphabet.decode(piece[...]) ?? piece
        case .byteFallback: ByteAlphabet.fallbackByte(piece).map { [$0] } ?? piece
        case .leadingSpace, .fuse, .strip, .connectionist: piece
        case .replace(let pattern, let replacement): pattern.replacing(in: piece, with: replacement)
        case .metaspace(let replacement, _): TextPattern.literal(replacement).replacing(in: piece, with: [0x20])
        case .wordPiece(let prefix, let cleansUp):
            Self.continueWord(piece, prefix: prefix, cleansUp: cleansUp, isFirst: false)
        case .bytePair(let suffix): TextPattern.literal(suffix).replacing(in: piece, with: [0x20])
        case .joinWithSpaces: [0x20] + piece
        }
    }

    /// Joins a WordPiece token to the word before it, or puts a space between.
    static func continueWord(_ piece: [UInt8], prefix: [UInt8], cleansUp: Bool, isFirst: Bool) -> [UInt8] {
        var piece = piece
        if !isFirst {
            piece = piece.starts(with: prefix) ? Array(piece.dropFirst(prefix.count)) : [0x20] + piece
        }
        return cleansUp ? cleanUp(piece) : piece
    }

    /// Takes out the spaces that English does not write before punctuation and contractions.
    static func cleanUp(_ piece: [UInt8]) -> [UInt8] {
        abbreviations.reduce(piece) { TextPattern.literal($1.from).replacing(in: $0, with: $1.to) }
    }

    private static let abbreviations: [(from: [UInt8], to: [UInt8])] = [
        (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"), (" 'm", "'m"),
        (" do not", " don't"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
    ].map { (Array($0.0.utf8), Array($0.1.utf8)) }
}
