import JSONValues

/// How varied texts are, without references.
public enum Diversity {
    /// Distinct-n (Li et al., 2016): the share of n-grams that are different, over all texts together. The mean over the texts, each
    /// on its own, is among the parts.
    public static func distinct(_ texts: [String], order: Int) throws(EvaluationError) -> MetricResult {
        try check(texts, order)
        var (all, total, shares) = (Set<ArraySlice<Scalars>>(), 0, [Double]())
        for text in texts {
            let counts = text.words.nGrams(order)
            let count = counts.values.reduce(0, +)
            total += count
            all.formUnion(counts.keys)
            shares.append(count > 0 ? Double(counts.count) / Double(count) : 0)
        }
        return MetricResult(
            name: "distinct-\(order)", score: total > 0 ? Double(all.count) / Double(total) : 0,
            signature: signature(["n": String(order), "level": "corpus", "tok": "none"]),
            parts: [
                "distinct": .integer(all.count), "total": .integer(total), "sentence_level": .number(shares.mean),
            ])
    }

    /// The entropy of n-grams in nats (Zhang et al., 2018): the largest where all are equally frequent.
    public static func entropy(_ texts: [String], order: Int) throws(EvaluationError) -> MetricResult {
        try check(texts, order)
        var counts = NGramCounts<Scalars>()
        for text in texts { counts.merge(text.words.nGrams(order)) { $0 + $1 } }
        let total = Double(counts.values.reduce(0, +))
        // In the order of their size, so that rounding does not depend on the order of a dictionary.
        let entropy = counts.values.sorted().reduce(0.0) { sum, count in
            let share = Double(count) / total
            return sum - share * share.logarithm
        }
        return MetricResult(
            name: "entropy-\(order)", score: entropy,
            signature: signature(["n": String(order), "unit": "nats", "tok": "none"]),
            parts: [
                "bits": .number(entropy / 2.0.logarithm), "distinct": .integer(counts.count),
                "total": .integer(Int(total)),
            ])
    }

    /// Self-BLEU (Zhu et al., 2018): the mean sentence BLEU of each text with all others as its references, 0 to 100; high where
    /// texts are alike. Orders that a text is too short for are left out.
    public static func selfBLEU(_ texts: [String], bleu: BLEU = BLEU()) throws(EvaluationError) -> MetricResult {
        guard texts.count > 1 else {
            throw EvaluationError(
                .empty, at: "hypotheses", "there are \(texts.count), and self-BLEU compares each with the others",
                remedy: "give at least two")
        }
        var bleu = bleu
        bleu.usesEffectiveOrder = true
        let scores = texts.indices.map { index in
            bleu.sentenceScore(texts[index], references: texts.indices.filter { $0 != index }.map { texts[$0] })
        }
        return MetricResult(
            name: "self-BLEU", score: scores.map(\.score).mean, signature: scores[0].signature,
            parts: ["scores": .array(scores.map { .number($0.score) })])
    }

    private static func check(_ texts: [String], _ order: Int) throws(EvaluationError) {
        guard order >= 1 else {
            throw EvaluationError(.parameter, at: "n", "is \(order)", remedy: "n-grams have at least one word")
        }
        guard !texts.isEmpty else { throw EvaluationError(.empty, at: "hypotheses", "there are no texts") }
    }
}
