/// How pieces of text become tokens.
enum TokenModel: Sendable {
    case bytePair(BytePairModel)
    case unigram(UnigramModel)
    case wordPiece(WordPieceModel)
    case wordLevel(WordLevelModel)
    case greedyTrie(GreedyTrieModel)

    /// What encoding needs beside the text.
    struct Scratch: Sendable {
        var cache = WordCache()
        var loop = MergeLoop()
        var lattice = UnigramModel.Lattice()
        var buffers = PreTokenizedText.Buffers()
    }

    /// Encodes the pieces of `text` one by one; ranges in `sink` are of the normalized text.
    func encode(_ text: PreTokenizedText, _ scratch: inout Scratch, into sink: inout TokenSink) {
        text.text.bytes.withUnsafeBufferPointer { bytes in
            switch self {
            case .bytePair(let model):
                for piece in text.pieces {
                    model.forEachPart(of: bytes, piece) { part in
                        Self.encode(bytes, part, &scratch.cache, into: &sink) {
                            model.encode(bytes, part, &scratch.loop, into: &$0)
                        }
                    }
                }
            case .unigram(let model):
                for piece in text.pieces {
                    Self.encode(bytes, piece, &scratch.cache, into: &sink) {
                        model.encode(bytes, piece, &scratch.lattice, into: &$0)
                    }
                }
            case .wordPiece(let model):
                for piece in text.pieces {
                    Self.encode(bytes, piece, &scratch.cache, into: &sink) { model.encode(bytes, piece, into: &$0) }
                }
            case .wordLevel(let model): for piece in text.pieces { model.encode(bytes, piece, into: &sink) }
            case .greedyTrie(let model): for piece in text.pieces { model.encode(bytes, piece, into: &sink) }
            }
        }
    }

    /// Adds a word's tokens as they were found before, or as `encode` finds them.
    @inline(__always)
    private static func encode(
        _ text: UnsafeBufferPointer<UInt8>, _ piece: Range<Int>, _ cache: inout WordCache, into sink: inout TokenSink,
        _ encode: (inout TokenSink) -> Void
    ) {
        guard !sink.tracksRanges, piece.count <= WordCache.longestWord else { return encode(&sink) }
        let word = UnsafeBufferPointer(rebasing: text[piece])
        let hash = byteHash(word)
        if cache.append(word, hash: hash, to: &sink) { return }
        let first = sink.ids.count
        encode(&sink)
        cache.insert(word, hash: hash, sink.ids[first...])
    }
}
