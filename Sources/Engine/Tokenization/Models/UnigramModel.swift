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
        trie = vocabulary.trie(where: isCandidate)
        self.scores = scores
        self.unknown = unknown
        self.byteFallback = byteFallback
        self.sums = sums
        unknownScore = sums == .single ? Double(Float(lowest - 10)) : lowest - 10
    }

    /// For each end in a piece: the best score, where its last token begins and which it is (-1: unknown).
    struct Lattice: Sendable {
        fileprivate struct Step {
            var score = -Double.infinity
            var start: Int32 = 0
            var id: Int32 = -1
        }

        fileprivate var steps: [Step] = []
        fileprivate var path: [(id: Int32, range: Range<Int>)] = []

        fileprivate mutating func begin(_ count: Int) {
            steps.removeAll(keepingCapacity: true)
            steps.append(Step(score: 0))
            for _ in 0..<count { steps.append(Step()) }
        }
    }

    @inline(__always)
    private func rounded(_ sum: Double) -> Double { sums == .single ? Double(Float(sum)) : sum }

    func encode(
        _ text: UnsafeBufferPointer<UInt8>, _ piece: Range<Int>, _ lattice: inout Lattice, into sink: inout TokenSink
    ) {
        lattice.begin(piece.count)
        var start = 0
        lattice.steps.withUnsafeMutableBufferPointer { best in
            while start < piece.count {
                var next = piece.lowerBound + start
                _ = decodeScalar(text, &next)
                let scalarEnd = next - piece.lowerBound
                if !addTokens(text, piece, from: start, scalarEnd, best) {
                    let score = rounded(best[start].score + unknownScore)
                    if score > best[scalarEnd].score {
                        best[scalarEnd] = Lattice.Step(score: score, start: Int32(truncatingIfNeeded: start), id: -1)
                    }
                }
                start = scalarEnd
            }
        }
        emit(&lattice, text, piece, into: &sink)
    }

    /// Notes every token that begins at `start`; returns whether one is the scalar there.
    @inline(__always)
    private func addTokens(
        _ text: UnsafeBufferPointer<UInt8>, _ piece: Range<Int>, from start: Int, _ scalarEnd: Int,
        _ best: UnsafeMutableBufferPointer<Lattice.Step>
    ) -> Bool {
        let reached = best[start].score
        var coversScalar = false
        trie.forEachMatch(in: text, from: piece.lowerBound &+ start, to: piece.upperBound) { position, id in
            let end = position &- piece.lowerBound
            let score = rounded(reached + scores[Int(id)])
            if score > best[end].score {
                best[end] = Lattice.Step(score: score, start: Int32(truncatingIfNeeded: start), id: id)
            }
            if end == scalarEnd { coversScalar = true }
        }
        return coversScalar
    }

    private func emit(
        _ lattice: inout Lattice, _ text: UnsafeBufferPointer<UInt8>, _ piece: Range<Int>, into sink: inout TokenSink
    ) {
        lattice.path.removeAll(keepingCapacity: true)
        var end = piece.count
        while end > 0 {
            let step = lattice.steps[end]
            let start = Int(step.start)
            let range = piece.lowerBound + start..<piece.lowerBound + end
            let isUnknown = step.id < 0 || step.id == unknown
            if isUnknown, let last = lattice.path.last, last.id == -1 {
                lattice.path[lattice.path.count - 1].range = range.lowerBound..<last.range.upperBound
            } else {
                lattice.path.append((isUnknown ? -1 : step.id, range))
            }
            end = start
        }
        for (id, range) in lattice.path.reversed() {
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
