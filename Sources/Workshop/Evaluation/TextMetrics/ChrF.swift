import Templating

/// chrF (Popović, 2015) and chrF++ (Popović, 2017) as sacrebleu computes them.
public struct ChrF: Sendable, Hashable {
    /// The largest order of characters' n-grams.
    public var characterOrder = 6
    /// The largest order of words' n-grams; 0 for chrF, 2 for chrF++.
    public var wordOrder = 0
    /// How much more recall counts than precision.
    public var beta = 2
    /// Whether case is ignored.
    public var lowercases = false
    /// Whether white space counts as characters.
    public var keepsSpace = false
    /// Whether orders without n-grams count with a very small number, as in chrF++.py, in place of being left out.
    public var smoothsWithEpsilon = false

    /// chrF with sacrebleu's defaults.
    public init() {}

    /// chrF++ with sacrebleu's defaults.
    public static var plusPlus: ChrF {
        var metric = ChrF()
        metric.wordOrder = 2
        return metric
    }

    /// One order's n-grams of the hypothesis and of the reference, and how many are common.
    struct OrderCounts {
        var hypothesis = 0
        var reference = 0
        var common = 0
    }

    /// The score of all texts together, 0 to 100. Of several references, a text is compared with the one that it is nearest to.
    public func corpusScore(_ pairs: TextPairs) -> MetricResult {
        var sum = [OrderCounts](repeating: OrderCounts(), count: characterOrder + wordOrder)
        for (hypothesis, references) in zip(pairs.hypotheses, pairs.references) {
            for (order, counts) in bestCounts(hypothesis, references).enumerated() {
                sum[order].hypothesis += counts.hypothesis
                sum[order].reference += counts.reference
                sum[order].common += counts.common
            }
        }
        return result(sum, references: pairs.referenceCountText)
    }

    /// The score of one text.
    public func sentenceScore(_ hypothesis: String, references: [String]) -> MetricResult {
        result(bestCounts(hypothesis, references), references: String(references.count))
    }

    private func bestCounts(_ hypothesis: String, _ references: [String]) -> [OrderCounts] {
        let hypothesis = grams(of: hypothesis)
        var (best, bestScore) = ([OrderCounts](), -1.0)
        for reference in references {
            let counts = Self.counts(hypothesis, grams(of: reference))
            let score = score(counts)
            if score > bestScore { (best, bestScore) = (counts, score) }
        }
        return best
    }

    private struct Grams {
        var characters: [NGramCounts<Unicode.Scalar>]
        var words: [NGramCounts<Scalars>]
    }

    private func grams(of text: String) -> Grams {
        let text = (lowercases ? text.pythonLowercased : text).scalars
        let characters = keepsSpace ? text : text.filter { !$0.isPythonSpace }
        let words = wordOrder > 0 ? text.words.flatMap(Self.separatingPunctuation) : []
        return Grams(
            characters: (0..<characterOrder).map { characters.nGrams($0 + 1) },
            words: (0..<wordOrder).map { words.nGrams($0 + 1) })
    }

    /// A word and the punctuation mark at its end or else at its start.
    private static func separatingPunctuation(_ word: Scalars) -> [Scalars] {
        guard word.count > 1, let first = word.first, let last = word.last else { return [word] }
        if last.isASCIIPunctuation { return [Scalars(word.dropLast()), [last]] }
        if first.isASCIIPunctuation { return [[first], Scalars(word.dropFirst())] }
        return [word]
    }

    private static func counts(_ hypothesis: Grams, _ reference: Grams) -> [OrderCounts] {
        zip(hypothesis.characters, reference.characters).map { counts($0, $1) }
            + zip(hypothesis.words, reference.words).map { counts($0, $1) }
    }

    private static func counts<Item>(_ hypothesis: NGramCounts<Item>, _ reference: NGramCounts<Item>) -> OrderCounts {
        var counts = OrderCounts()
        counts.reference = reference.values.reduce(0, +)
        for (gram, count) in hypothesis {
            counts.hypothesis += reference.isEmpty ? 0 : count
            counts.common += min(count, reference[gram] ?? 0)
        }
        return counts
    }

    private func score(_ counts: [OrderCounts]) -> Double {
        let (epsilon, factor) = (1e-16, Double(beta * beta))
        var (sum, precisions, recalls, orders) = (0.0, 0.0, 0.0, 0)
        for order in counts {
            let precision = order.hypothesis > 0 ? Double(order.common) / Double(order.hypothesis) : epsilon
            let recall = order.reference > 0 ? Double(order.common) / Double(order.reference) : epsilon
            let denominator = factor * precision + recall
            sum += denominator > 0 ? (1 + factor) * precision * recall / denominator : epsilon
            if order.hypothesis > 0, order.reference > 0 {
                precisions += precision
                recalls += recall
                orders += 1
            }
        }
        if smoothsWithEpsilon { return 100 * sum / Double(characterOrder + wordOrder) }
        guard orders > 0, precisions + recalls > 0 else { return 0 }
        let (precision, recall) = (precisions / Double(orders), recalls / Double(orders))
        return 100 * (1 + factor) * precision * recall / (factor * precision + recall)
    }

    private func result(_ counts: [OrderCounts], references: String) -> MetricResult {
        MetricResult(
            name: "chrF\(beta)" + String(repeating: "+", count: wordOrder), score: score(counts),
            signature: signature([
                "nrefs": references, "case": lowercases ? "lc" : "mixed", "eff": (!smoothsWithEpsilon).yesOrNo,
                "nc": String(characterOrder), "nw": String(wordOrder), "space": keepsSpace.yesOrNo,
            ]),
            parts: [
                "hypothesis_counts": .array(counts.map { .integer($0.hypothesis) }),
                "reference_counts": .array(counts.map { .integer($0.reference) }),
                "common_counts": .array(counts.map { .integer($0.common) }),
            ])
    }
}

extension Unicode.Scalar {
    /// Whether the scalar is in Python's `string.punctuation`.
    var isASCIIPunctuation: Bool {
        switch self {
        case "!"..."/", ":"..."@", "["..."`", "{"..."~": true
        default: false
        }
    }
}
