import JSONValues
import Templating

/// BLEU (Papineni et al., 2002) as sacrebleu computes it (Post, 2018).
public struct BLEU: Sendable, Hashable {
    /// What stands in for orders without a match. Source: Chen and Cherry (2014).
    public enum Smoothing: Sendable, Hashable {
        /// Nothing: the score is 0 then.
        case none
        /// Method 1: this in place of 0 matches; sacrebleu's default is 0.1.
        case floor(Double)
        /// Method 2: this is added to matches and totals of orders above 1; sacrebleu's default is 1.
        case addK(Double)
        /// Method 3: 1/2, 1/4, ... of a match.
        case exponential
    }

    /// How texts become words.
    public var tokenizer = BLEUTokenizer.mteval13a
    /// What stands in for orders without a match.
    public var smoothing = Smoothing.exponential
    /// Whether case is ignored.
    public var lowercases = false
    /// Whether orders that the hypothesis is too short for are left out; for scores of single sentences.
    public var usesEffectiveOrder = false
    /// The largest order of n-grams.
    public var maximumOrder = 4

    /// Makes sacrebleu's default BLEU.
    public init() {}

    /// What is counted in a text, or in a list of texts when added up.
    struct Statistics {
        var hypothesisLength = 0
        var referenceLength = 0
        var matches: [Int]
        var totals: [Int]

        init(orders: Int) {
            matches = Array(repeating: 0, count: orders)
            totals = matches
        }

        mutating func add(_ other: Statistics) {
            hypothesisLength += other.hypothesisLength
            referenceLength += other.referenceLength
            for order in matches.indices {
                matches[order] += other.matches[order]
                totals[order] += other.totals[order]
            }
        }
    }

    /// The score of all texts together, 0 to 100.
    public func corpusScore(_ pairs: TextPairs) -> MetricResult {
        var sum = Statistics(orders: maximumOrder)
        for (hypothesis, references) in zip(pairs.hypotheses, pairs.references) {
            sum.add(statistics(hypothesis, references))
        }
        return result(sum, references: pairs.referenceCountText)
    }

    /// The score of one text; sacrebleu advises `usesEffectiveOrder`.
    public func sentenceScore(_ hypothesis: String, references: [String]) -> MetricResult {
        result(statistics(hypothesis, references), references: String(references.count))
    }

    func statistics(_ hypothesis: String, _ references: [String]) -> Statistics {
        var numbers = WordNumbers()
        let words = numbers.numbers(of: self.words(hypothesis))
        let others = references.map { numbers.numbers(of: self.words($0)) }
        var result = Statistics(orders: maximumOrder)
        result.hypothesisLength = words.count
        // The closest length, of two equally close ones the shorter.
        result.referenceLength =
            others.map(\.count).min { (abs($0 - words.count), $0) < (abs($1 - words.count), $1) } ?? 0
        for order in 1...max(maximumOrder, 1) where order <= maximumOrder {
            let known = others.map { $0.nGrams(order) }
            for (gram, count) in words.nGrams(order) {
                result.totals[order - 1] += count
                result.matches[order - 1] += min(count, known.map { $0[gram] ?? 0 }.max() ?? 0)
            }
        }
        return result
    }

    private func words(_ text: String) -> [Scalars] {
        tokenizer.words(lowercases ? text.pythonLowercased.trimmedAtEnd : text.trimmedAtEnd)
    }

    private func result(_ statistics: Statistics, references: String) -> MetricResult {
        let (score, precisions, penalty) = score(statistics)
        let ratio =
            statistics.referenceLength > 0
            ? Double(statistics.hypothesisLength) / Double(statistics.referenceLength) : 0
        return MetricResult(
            name: "BLEU", score: score, signature: settings(references: references),
            parts: [
                "precisions": .array(precisions.map { .number($0) }), "brevity_penalty": .number(penalty),
                "ratio": .number(ratio), "hypothesis_length": .integer(statistics.hypothesisLength),
                "reference_length": .integer(statistics.referenceLength),
                "counts": .array(statistics.matches.map { .integer($0) }),
                "totals": .array(statistics.totals.map { .integer($0) }),
            ])
    }

    private func score(_ statistics: Statistics) -> (score: Double, precisions: [Double], penalty: Double) {
        let (length, wanted) = (Double(statistics.hypothesisLength), Double(statistics.referenceLength))
        let penalty = length >= wanted ? 1 : length > 0 ? (1 - wanted / length).exponential : 0
        var precisions = [Double](repeating: 0, count: maximumOrder)
        guard statistics.matches.contains(where: { $0 > 0 }) else { return (0, precisions, penalty) }
        var (share, effectiveOrder) = (1.0, maximumOrder)
        for order in precisions.indices {
            var (matches, total) = (Double(statistics.matches[order]), Double(statistics.totals[order]))
            if case .addK(let added) = smoothing, order > 0 {
                matches += added
                total += added
            }
            if total == 0 { break }
            if usesEffectiveOrder { effectiveOrder = order + 1 }
            if matches > 0 {
                precisions[order] = 100 * matches / total
            } else if smoothing == .exponential {
                share *= 2
                precisions[order] = 100 / (share * total)
            } else if case .floor(let value) = smoothing {
                precisions[order] = 100 * value / total
            }
        }
        // The reference has a very small number for the logarithm of 0.
        let logarithms = precisions.prefix(effectiveOrder).map { $0 == 0 ? -9_999_999_999 : $0.logarithm }
        return (penalty * (logarithms.reduce(0, +) / Double(effectiveOrder)).exponential, precisions, penalty)
    }

    private func settings(references: String) -> String {
        signature([
            "nrefs": references, "case": lowercases ? "lc" : "mixed", "eff": usesEffectiveOrder.yesOrNo,
            "tok": tokenizer.rawValue, "smooth": smoothing.text,
        ])
    }
}

extension BLEU.Smoothing {
    /// The method as signatures have it, such as `floor[0.10]`.
    var text: String {
        switch self {
        case .none: "none"
        case .exponential: "exp"
        case .floor(let value): "floor[\(value.formatted("%.2f"))]"
        case .addK(let value): "add-k[\(value.formatted("%.2f"))]"
        }
    }
}
