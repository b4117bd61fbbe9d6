/// How pieces of text become tokens.
enum TokenModel: Sendable {
    case bytePair(BytePairModel)
    case unigram(UnigramModel)
    case wordPiece(WordPieceModel)
    case wordLevel(WordLevelModel)
    case greedyTrie(GreedyTrieModel)

    /// Encodes the pieces of `text` one by one; ranges in `sink` are of the normalized text.
    func encode(_ text: PreTokenizedText, into sink: inout TokenSink) {
        text.text.bytes.withUnsafeBufferPointer { bytes in
            switch self {
            case .bytePair(let model): Self.encodePairs(model, bytes, text.pieces, into: &sink)
            case .unigram(let model): for piece in text.pieces { model.encode(bytes, piece, into: &sink) }
            case .wordPiece(let model): for piece in text.pieces { model.encode(bytes, piece, into: &sink) }
            case .wordLevel(let model): for piece in text.pieces { model.encode(bytes, piece, into: &sink) }
            case .greedyTrie(let model): for piece in text.pieces { model.encode(bytes, piece, into: &sink) }
            }
        }
    }

    /// A piece that was seen earlier in the text, and the tokens it became.
    private struct Seen {
        var piece = 0..<0
        var tokens = 0..<0
    }

    /// Words repeat: the tokens of an equal piece seen before are copied, found by a table that forgets on collision.
    private static func encodePairs(
        _ model: BytePairModel, _ bytes: UnsafeBufferPointer<UInt8>, _ pieces: [Range<Int>], into sink: inout TokenSink
    ) {
        var loop = MergeLoop()
        var capacity = 1
        while capacity < pieces.count / 2, capacity < 1 << 14 { capacity *= 2 }
        var seen = [Seen](repeating: Seen(), count: capacity)
        for piece in pieces {
            let word = UnsafeBufferPointer(rebasing: bytes[piece])
            let slot = Int(truncatingIfNeeded: byteHash(word)) & (capacity - 1)
            let known = seen[slot]
            if equal(UnsafeBufferPointer(rebasing: bytes[known.piece]), word) {
                sink.repeatTokens(known.tokens, movedBy: piece.lowerBound - known.piece.lowerBound)
            } else {
                let first = sink.ids.count
                model.encode(bytes, piece, &loop, into: &sink)
                if word.count <= 64 { seen[slot] = Seen(piece: piece, tokens: first..<sink.ids.count) }
            }
        }
    }
}
