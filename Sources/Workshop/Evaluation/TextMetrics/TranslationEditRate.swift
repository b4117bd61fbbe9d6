/// TER, the translation edit rate (Snover et al., 2006), with Tercom's heuristics as sacrebleu has them.
public struct TranslationEditRate: Sendable, Hashable {
    /// Whether punctuation and entities are normalized.
    public var normalizes = false
    /// Whether punctuation is left out.
    public var removesPunctuation = false
    /// Whether the two settings above know Asian scripts.
    public var knowsAsianScripts = false
    /// Whether case counts.
    public var keepsCase = false

    /// Makes sacrebleu's default TER.
    public init() {}

    /// The edits of all texts by the mean length of their references, 0 for equal texts; 100 is an edit for each word.
    public func corpusScore(_ pairs: TextPairs) -> MetricResult {
        var (edits, length) = (0, 0.0)
        for (hypothesis, references) in zip(pairs.hypotheses, pairs.references) {
            let counts = counts(hypothesis, references)
            edits += counts.edits
            length += counts.length
        }
        return result(edits, length, references: pairs.referenceCountText)
    }

    /// The score of one text.
    public func sentenceScore(_ hypothesis: String, references: [String]) -> MetricResult {
        let counts = counts(hypothesis, references)
        return result(counts.edits, counts.length, references: String(references.count))
    }

    private func counts(_ hypothesis: String, _ references: [String]) -> (edits: Int, length: Double) {
        let tokenizer = TercomTokenizer(
            normalizes: normalizes, removesPunctuation: removesPunctuation, knowsAsianScripts: knowsAsianScripts,
            keepsCase: keepsCase)
        func words(_ text: String) -> [Scalars] { tokenizer.words(String(text.trimmedAtEnd)) }
        var numbers = WordNumbers()
        let hypothesis = numbers.numbers(of: words(hypothesis))
        var (best, length) = (Int.max, 0)
        for reference in references {
            // The reference implementation prepares references twice, which matters to 's before a tab.
            let prepared = words(reference).map { String($0) }.joined(separator: " ")
            let reference = numbers.numbers(of: words(prepared))
            best = min(best, ShiftSearch.edits(hypothesis, reference))
            length += reference.count
        }
        return (best == .max ? 0 : best, Double(length) / Double(max(references.count, 1)))
    }

    private func result(_ edits: Int, _ length: Double, references: String) -> MetricResult {
        MetricResult(
            name: "TER", score: 100 * (length > 0 ? Double(edits) / length : edits > 0 ? 1 : 0),
            signature: signature([
                "nrefs": references, "case": keepsCase ? "mixed" : "lc", "tok": "tercom", "norm": normalizes.yesOrNo,
                "punct": (!removesPunctuation).yesOrNo, "asian": knowsAsianScripts.yesOrNo,
            ]),
            parts: ["edits": .integer(edits), "reference_length": .number(length)])
    }
}
