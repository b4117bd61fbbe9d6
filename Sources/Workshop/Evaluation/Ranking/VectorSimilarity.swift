/// How near texts are by the vectors of their tokens or of the whole.
public enum VectorSimilarity {
    /// The cosine of two vectors, 0 if one has no length.
    public static func cosine(_ first: [Float], _ second: [Float]) -> Double {
        let (length, other) = (dot(first, first), dot(second, second))
        return length > 0 && other > 0 ? dot(first, second) / (length.squareRoot() * other.squareRoot()) : 0
    }

    /// The mean cosine of each text's vector with that of its reference.
    public static func meanCosine(_ vectors: [[Float]], _ references: [[Float]]) throws(EvaluationError) -> Double {
        guard vectors.count == references.count else {
            throw EvaluationError(
                .countMismatch, at: "references", "there are \(references.count) for \(vectors.count) texts")
        }
        guard !vectors.isEmpty else { throw EvaluationError(.empty, at: "vectors", "there are none") }
        return zip(vectors, references).map { cosine($0, $1) }.mean
    }

    /// BERTScore (Zhang et al., 2020): each token goes with the most similar one of the other text.
    ///
    /// - Parameters:
    ///   - tokens: the states of a text's tokens, `[tokens, hiddenSize]`, special ones included.
    ///   - references: those of the reference.
    ///   - weights: of each of the tokens; bert-score gives special tokens 0 and others 1 or their inverse document frequency.
    /// - Returns: precision, recall and F1, all 0 if one text has no weight.
    public static func bertScore(
        _ tokens: [[Float]], _ references: [[Float]], weights: [Double], referenceWeights: [Double]
    ) -> (precision: Double, recall: Double, f1: Double) {
        let (mine, others) = (tokens.map(unit), references.map(unit))
        var best = [Double](repeating: -.infinity, count: mine.count)
        var otherBest = [Double](repeating: -.infinity, count: others.count)
        for (row, token) in mine.enumerated() {
            for (column, other) in others.enumerated() {
                let similarity = dot(token, other)
                best[row] = max(best[row], similarity)
                otherBest[column] = max(otherBest[column], similarity)
            }
        }
        func mean(_ values: [Double], _ weights: [Double]) -> Double {
            let total = weights.reduce(0, +)
            return total > 0 ? zip(values, weights).reduce(0) { $0 + ($1.1 > 0 ? $1.0 * $1.1 : 0) } / total : 0
        }
        guard !mine.isEmpty, !others.isEmpty else { return (0, 0, 0) }
        let (precision, recall) = (mean(best, weights), mean(otherBest, referenceWeights))
        return (precision, recall, precision + recall != 0 ? 2 * precision * recall / (precision + recall) : 0)
    }

    private static func unit(_ vector: [Float]) -> [Float] {
        let length = dot(vector, vector).squareRoot()
        return length > 0 ? vector.map { Float(Double($0) / length) } : vector
    }

    private static func dot(_ first: [Float], _ second: [Float]) -> Double {
        zip(first, second).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
}
