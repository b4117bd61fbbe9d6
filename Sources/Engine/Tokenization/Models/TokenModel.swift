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
        var merging = BytePairModel.Scratch()
        var lattice = UnigramModel.Lattice()
        var buffers = PreTokenizedText.Buffers()
    }

    /// Encodes the pieces of `text` one by one; ranges in `sink` are of the normalized text.
    func encode(_ text: PreTokenizedText, _ scratch: inout Scratch, into sink: inout TokenSink) {
        text.text.bytes.withUnsafeBufferPointer { bytes in
            switch self {
            case .bytePair(let model): model.encode(bytes, text.pieces, &scratch, into: &sink)
            case .unigram(let model): model.encode(bytes, text.pieces, &scratch, into: &sink)
            case .wordPiece(let model): model.encode(bytes, text.pieces, &scratch, into: &sink)
            case .wordLevel(let model): for piece in text.pieces { model.encode(bytes, piece, into: &sink) }
            case .greedyTrie(let model): for piece in text.pieces { model.encode(bytes, piece, into: &sink) }
            }
        }
    }
}

extension WordCache {
    /// Adds the tokens of a word as they were found before, or as `encode` finds them.
    @inline(__always)
    fileprivate mutating func encode(
        _ text: UnsafeBufferPointer<UInt8>, _ piece: Range<Int>, into sink: inout TokenSink,
        _ encode: (inout TokenSink) -> Void
    ) {
        guard !sink.tracksRanges, piece.count <= Self.longestWord else { return encode(&sink) }
        let word = Word(text, piece)
        if let tokens = tokens(of: word) { return sink.append(tokens) }
        let first = sink.count
        encode(&sink)
        insert(word, sink.ids[first...])
    }

    /// The same for many words.
    @inline(__always)
    fileprivate mutating func encode(
        _ text: UnsafeBufferPointer<UInt8>, _ pieces: [Range<Int>], into sink: inout TokenSink,
        _ encode: (Range<Int>, inout TokenSink) -> Void
    ) {
        for (index, piece) in pieces.enumerated() {
            if index % Self.batchSize == 0, !sink.tracksRanges { fetch(text, pieces[index...].prefix(Self.batchSize)) }
            self.encode(text, piece, into: &sink) { encode(piece, &$0) }
        }
    }
}

extension BytePairModel {
    @inline(never)
    fileprivate func encode(
        _ text: UnsafeBufferPointer<UInt8>, _ pieces: [Range<Int>], _ scratch: inout TokenModel.Scratch,
        into sink: inout TokenSink
    ) {
        guard let cuts else {
            return scratch.cache.encode(text, pieces, into: &sink) { encode(text, $0, &scratch.merging, into: &$1) }
        }
        for piece in pieces {
            cuts.forEachPart(of: text, piece) { part in
                if !sink.tracksRanges, let id = character(text, part) { return sink.append(id, part) }
                scratch.cache.encode(text, part, into: &sink) { encode(text, part, &scratch.merging, into: &$0) }
            }
        }
    }
}

extension UnigramModel {
    @inline(never)
    fileprivate func encode(
        _ text: UnsafeBufferPointer<UInt8>, _ pieces: [Range<Int>], _ scratch: inout TokenModel.Scratch,
        into sink: inout TokenSink
    ) {
        scratch.cache.encode(text, pieces, into: &sink) { encode(text, $0, &scratch.lattice, into: &$1) }
    }
}

extension WordPieceModel {
    @inline(never)
    fileprivate func encode(
        _ text: UnsafeBufferPointer<UInt8>, _ pieces: [Range<Int>], _ scratch: inout TokenModel.Scratch,
        into sink: inout TokenSink
    ) {
        scratch.cache.encode(text, pieces, into: &sink) { encode(text, $0, into: &$1) }
    }
}
