import Platform

/// The vectors of a batch of pairs.
struct PairBatch {
    /// For each pair the places of its anchor, of the text that is like it, and of one that is not, among `vectors`.
    let pairs: [(anchor: Int, positive: Int, negative: Int?)]
    /// The texts' vectors.
    let vectors: [[Double]]
    /// A number for each text: alike for texts with the same tokens.
    let texts: [Int]

    init(_ batch: [TrainingSequence], _ vectors: [[Double]]) {
        var pairs: [(Int, Int, Int?)] = []
        var numbers: [ArraySlice<Int32>: Int] = [:]
        var (texts, first) = ([Int](), 0)
        for sequence in batch {
            pairs.append((first, first + 1, sequence.parts.count > 2 ? first + 2 : nil))
            var rest = sequence.tokens[...]
            for part in sequence.parts {
                let number = numbers[rest.prefix(part), default: numbers.count]
                numbers[rest.prefix(part)] = number
                texts.append(number)
                rest = rest.dropFirst(part)
            }
            first += sequence.parts.count
        }
        (self.pairs, self.vectors, self.texts) = (pairs, vectors, texts)
    }
}

/// A loss over the vectors of pairs of texts, as sentence-transformers has them.
enum SentenceLoss: Hashable, Sendable {
    /// Among all texts of the batch, an anchor's own is to be the one most like it: the cross-entropy of `scale` times the cosines
    /// (Henderson et al. 2017; InfoNCE with a temperature of 1 / scale).
    case multipleNegatives(scale: Double)
    /// The text that is not like the anchor is to be farther away than the one that is, by `margin` (Euclidean).
    case triplet(margin: Double)

    /// The sum over all pairs, and its gradient by each vector.
    func value(_ batch: PairBatch) -> (sum: Double, gradients: [[Double]]) {
        switch self {
        case .multipleNegatives(let scale): Self.multipleNegatives(batch, scale)
        case .triplet(let margin): Self.triplet(batch, margin)
        }
    }

    private static func multipleNegatives(_ batch: PairBatch, _ scale: Double) -> (Double, [[Double]]) {
        let lengths = batch.vectors.map { max(dot($0, $0).squareRoot(), 1e-12) }
        let units = zip(batch.vectors, lengths).map { vector, length in vector.map { $0 / length } }
        var inner = units.map { [Double](repeating: 0, count: $0.count) }
        let candidates = batch.pairs.map(\.positive) + batch.pairs.compactMap(\.negative)
        var sum = 0.0
        for pair in batch.pairs {
            // The same text under another anchor is no wrong answer.
            let others = candidates.filter { $0 == pair.positive || batch.texts[$0] != batch.texts[pair.positive] }
            let scores = others.map { scale * dot(units[pair.anchor], units[$0]) }
            let largest = scores.max() ?? 0
            let total = scores.reduce(0) { $0 + exp($1 - largest) }
            for (candidate, score) in zip(others, scores) {
                let isOwn = candidate == pair.positive
                if isOwn { sum += log(total) + largest - score }
                let slope = scale * (exp(score - largest) / total - (isOwn ? 1 : 0))
                add(units[candidate], slope, to: &inner[pair.anchor])
                add(units[pair.anchor], slope, to: &inner[candidate])
            }
        }
        // What changes a vector's length changes no cosine.
        let gradients = inner.indices.map { index in
            let along = dot(inner[index], units[index])
            return zip(inner[index], units[index]).map { ($0 - along * $1) / lengths[index] }
        }
        return (sum, gradients)
    }

    private static func triplet(_ batch: PairBatch, _ margin: Double) -> (Double, [[Double]]) {
        var gradients = batch.vectors.map { [Double](repeating: 0, count: $0.count) }
        var sum = 0.0
        for case let (anchor, positive, negative?) in batch.pairs {
            let near = difference(batch.vectors[anchor], batch.vectors[positive])
            let far = difference(batch.vectors[anchor], batch.vectors[negative])
            let (close, away) = (dot(near, near).squareRoot(), dot(far, far).squareRoot())
            guard close - away + margin > 0 else { continue }
            sum += close - away + margin
            add(near, 1 / close, to: &gradients[anchor])
            add(near, -1 / close, to: &gradients[positive])
            add(far, -1 / away, to: &gradients[anchor])
            add(far, 1 / away, to: &gradients[negative])
        }
        return (sum, gradients)
    }

    /// With a little added, as PyTorch does, so that no distance is 0.
    private static func difference(_ first: [Double], _ second: [Double]) -> [Double] {
        zip(first, second).map { $0 - $1 + 1e-6 }
    }

    private static func dot(_ first: [Double], _ second: [Double]) -> Double {
        var sum = 0.0
        for index in first.indices { sum += first[index] * second[index] }
        return sum
    }

    private static func add(_ vector: [Double], _ factor: Double, to target: inout [Double]) {
        for index in vector.indices { target[index] += factor * vector[index] }
    }
}
