/// A unigram language model over pieces: the likeliest segmentation (Kudo, 2018).
struct UnigramModel: Sendable {
    private let trie: ByteTrie
    private let scores: [Double]
    private let unknownScore: Double
    private let unknown: Int32?
    private let byteFallback: [Int32]?
    private let sums: Sums

    /// How scores are added; where cuts are nearly equally likely this decides between them.
    enum Sums: Sendable {
        /// In 64 bits (Hugging Face, llama.cpp).
        case double
        /// In 32 bits (SentencePiece).
        case single
    }

    /// `scores` are log-probabilities by id; `isCandidate` tells which pieces text may become, `lowest` is the least
    /// score of an ordinary piece.
    init(
        _ vocabulary: Vocabulary, scores: [Double], lowest: Double, unknown: Int32?, byteFallback: [Int32]?,
        sums: Sums = .double,
        isCandidate: (Int32) -> Bool
    ) {
        var trie = ByteTrie()
        for id in 0..<Int32(vocabulary.count) where isCandidate(id) {
            if let piece = vocabulary.piece(id) { trie.insert(piece, value: id) }
        }
        self.trie = trie
        self.scores = scores
        self.unknown = unknown
        self.byteFallback = byteFallback
        self.sums = sums
        unknownScore = sums == .single ? Double(Float(lowest - 10)) : lowest - 10
    }

    @inline(__always)
    private func rounded(_ sum: Double) -> Double { sums == .single ? Double(Float(sum)) : sum }

    func encode(_ text: UnsafeBufferPointer<UInt8>, _ piece: Range<Int>, into sink: inout TokenSink) {
        let count = piece.count
        // For each end: the best score, where its last piece begins and which it is (-1: unknown).
        var best = [(score: Double, start: Int, id: Int32)](repeating: (-.infinity, 0, -1), count: count + 1)
        best[0].score = 0
        var start = 0
        while start < count {
            var next = piece.lowerBound + start
            _ = decodeScalar(text, &next)
            let scalarEnd = next - piece.lowerBound
            var coversScalar = false
            var node: Int32 = -1
            var end = start
            while end < count {
                node = trie.child(of: node, text[piece.lowerBound + end])
                guard node >= 0 else { break }
                end += 1
                let id = trie.value(of: node)
                guard id >= 0 else { continue }
                let score = rounded(best[start].score + scores[Int(id)])
                if score > best[end].score { best[end] = (score, start, id) }
                if end == scalarEnd { coversScalar = true }
            }
            if !coversScalar {
                let score = rounded(best[start].score + unknownScore)
                if score > best[scalarEnd].score { best[scalarEnd] = (score, start, -1) }
            }
            start = scalarEnd
        }
        emit(best, text, piece, into: &sink)
    }

    private func emit(
        _ best: [(score: Double, start: Int, id: Int32)], _ text: UnsafeBufferPointer<UInt8>, _ piece: Range<Int>,
        into sink: inout TokenSink
    ) {
        var path: [(id: Int32, range: Range<Int>)] = []
        var end = piece.count
        while end > 0 {
            let step = best[end]
            let range = piece.lowerBound + step.start..<piece.lowerBound + end
            let isUnknown = step.id < 0 || step.id == unknown
            if isUnknown, let last = path.last, last.id == -1 {
                path[path.count - 1].range = range.lowerBound..<last.range.upperBound
            } else {
                path.append((isUnknown ? -1 : step.id, range))
            }
            end = step.start
        }
        for (id, range) in path.reversed() {
            if id >= 0 {
                sink.append(id, range)
            } else if let byteFallback {
                for index in range { sink.append(byteFallback[Int(text[index])], index..<index + 1) }
            } else if let unknown {
                sink.append(unknown, range)
            }
        }
    }
}
