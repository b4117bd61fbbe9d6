/// BERTScore (Zhang et al., 2020) as `bert-score` computes it, without rescaling and weights of rare words.
public enum BERTScore {
    /// A text's tokens as an encoder sees them.
    public struct Text: Sendable, Hashable {
        /// The tokens' states, `[tokens, hiddenSize]`, special tokens included.
        public var states: [[Float]]
        /// The tokens' weights: 0 for special ones, 1 for others.
        public var weights: [Double]

        /// Keeps states.
        public init(states: [[Float]], weights: [Double]) { (self.states, self.weights) = (states, weights) }
    }

    /// What makes states of texts.
    public typealias Encoder = @Sendable ([String]) throws -> [Text]

    /// The mean F1 of all hypotheses, each with the reference of the highest; precision and recall among the parts.
    ///
    /// - Throws: `EvaluationError` if the encoder fails.
    static func corpusScore(
        _ pairs: TextPairs, encoder: Encoder, name: String
    ) throws(EvaluationError) -> MetricResult {
        let unique = Array(Set(pairs.hypotheses + pairs.references.joined()))
        var encoded: [String: Text] = [:]
        do {
            let texts = try encoder(unique.map(\.strippedOfSpace))
            encoded = Dictionary(zip(unique, texts), uniquingKeysWith: { first, _ in first })
        } catch { throw EvaluationError(.model, at: name, "cannot encode the texts: \(error)") }
        let scores = zip(pairs.hypotheses, pairs.references).map { hypothesis, references in
            let candidates = references.map { score(encoded[hypothesis], encoded[$0]) }
            return candidates.max { $0.f1 < $1.f1 } ?? (0, 0, 0)
        }
        return MetricResult(
            name: "BERTScore", score: scores.map(\.f1).mean, signature: signature(["encoder": name, "idf": "no"]),
            parts: [
                "precision": .number(scores.map(\.precision).mean), "recall": .number(scores.map(\.recall).mean),
                "f1": .array(scores.map { .number($0.f1) }),
            ])
    }

    /// All 0 if one text has no token of its own.
    private static func score(_ text: Text?, _ reference: Text?) -> (precision: Double, recall: Double, f1: Double) {
        guard let text, let reference, text.weights.contains(where: { $0 > 0 }),
            reference.weights.contains(where: { $0 > 0 })
        else { return (0, 0, 0) }
        return VectorSimilarity.bertScore(
            text.states, reference.states, weights: text.weights, referenceWeights: reference.weights)
    }
}
