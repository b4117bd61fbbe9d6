/// How near two vectors are; larger is nearer.
public enum Similarity: String, Sendable, Hashable, CaseIterable {
    /// The cosine of the angle between them; 0 if one of them is zero.
    case cosine
    /// The sum of the products of their components.
    case dot
    /// The negative distance between their ends, so that larger is nearer here too.
    case euclidean

    /// The similarity of two vectors of the same length.
    public func callAsFunction(_ first: [Float], _ second: [Float]) -> Float {
        switch self {
        case .dot: return Float(Self.dot(first, second))
        case .cosine:
            let norms = (Self.dot(first, first) * Self.dot(second, second)).squareRoot()
            return norms > 0 ? Float(Self.dot(first, second) / norms) : 0
        case .euclidean:
            let squares = zip(first, second).reduce(0.0) { sum, pair in
                let difference = Double(pair.0) - Double(pair.1)
                return sum + difference * difference
            }
            return -Float(squares.squareRoot())
        }
    }

    /// Sums in f64, so that the order of the components hardly matters.
    private static func dot(_ first: [Float], _ second: [Float]) -> Double {
        zip(first, second).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
    }

    /// Brings a vector to length 1; zero stays zero.
    static func normalize(_ vector: inout [Float]) {
        let norm = dot(vector, vector).squareRoot()
        guard norm > 0 else { return }
        for index in vector.indices { vector[index] = Float(Double(vector[index]) / norm) }
    }

    /// The numbers of the candidates, nearest first; of equally near ones the earlier comes first.
    public func ranking(_ query: [Float], _ candidates: [[Float]]) -> [(index: Int, score: Float)] {
        let scores = candidates.enumerated().map { (index: $0, score: self(query, $1)) }
        // Scores that are no number come last.
        func key(_ score: Float) -> Float { score.isNaN ? -.infinity : score }
        return scores.sorted { (key($1.score), $0.index) < (key($0.score), $1.index) }
    }
}
