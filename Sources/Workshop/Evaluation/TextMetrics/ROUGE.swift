import JSONValues
import Templating

/// ROUGE (Lin, 2004) as Google's `rouge-score` computes it.
public struct ROUGE: Sendable, Hashable {
    /// What is counted.
    public enum Kind: Sendable, Hashable {
        /// N-grams of an order: ROUGE-1, ROUGE-2, ...
        case nGrams(Int)
        /// The longest common subsequence of the whole texts: ROUGE-L.
        case lcs
        /// The union of the longest common subsequences of sentences: ROUGE-Lsum.
        case summaryLCS

        /// The name as rouge-score writes it.
        public var name: String {
            switch self {
            case .nGrams(let order): "rouge\(order)"
            case .lcs: "rougeL"
            case .summaryLCS: "rougeLsum"
            }
        }
    }

    /// How texts become sentences, which matters to ROUGE-Lsum only.
    public enum SentenceSplit: String, Sendable, Hashable {
        /// Each line is a sentence.
        case lines
        /// Lines, and after a full stop, question or exclamation mark that is followed by white space.
        case sentences
    }

    /// Precision, recall and their harmonic mean, each 0 to 1.
    public struct Score: Sendable, Hashable {
        /// The share of the hypothesis that is in the reference.
        public var precision: Double
        /// The share of the reference that is in the hypothesis.
        public var recall: Double
        /// The harmonic mean of the two.
        public var fMeasure: Double

        init(hits: Int, hypothesis: Int, reference: Int) {
            precision = Double(hits) / Double(max(hypothesis, 1))
            recall = Double(hits) / Double(max(reference, 1))
            let sum = precision + recall
            fMeasure = sum > 0 ? 2 * precision * recall / sum : 0
        }
    }

    /// What is counted.
    public var kind: Kind
    /// Whether words of more than three letters are stemmed (Porter).
    public var stems = false
    /// How texts become sentences.
    public var split = SentenceSplit.lines

    public init(_ kind: Kind) { self.kind = kind }

    /// Whether ROUGE-Lsum sees more than one sentence in any of the texts; if not, it is ROUGE-L.
    public func splitsAny(_ pairs: TextPairs) -> Bool {
        pairs.hypotheses.contains { sentences($0).count > 1 }
            || pairs.references.contains { $0.contains { sentences($0).count > 1 } }
    }

    /// The score of one text against the reference that gives the largest F-measure.
    public func score(_ hypothesis: String, references: [String]) -> Score {
        var best = Score(hits: 0, hypothesis: 0, reference: 0)
        for (index, reference) in references.enumerated() {
            let score = score(hypothesis, reference)
            if index == 0 || score.fMeasure > best.fMeasure { best = score }
        }
        return best
    }

    /// The scores of all texts.
    public func scores(_ pairs: TextPairs) -> [Score] {
        zip(pairs.hypotheses, pairs.references).map { score($0, references: $1) }
    }

    /// The mean F-measure, with means and intervals of 1000 samples as rouge-score's `BootstrapAggregator` draws them after
    /// `numpy.random.seed(seed)`.
    public func corpusScore(_ pairs: TextPairs, seed: UInt32 = 0) -> MetricResult {
        let scores = scores(pairs)
        func mean(_ positions: [Int], _ value: (Score) -> Double) -> Double {
            positions.reduce(0) { $0 + value(scores[$1]) } / Double(max(positions.count, 1))
        }
        func interval(_ value: (Score) -> Double) -> JSON {
            let interval = Bootstrap.interval(count: scores.count, seed: seed) { mean($0, value) }
            return ["low": .number(interval.low), "mid": .number(interval.middle), "high": .number(interval.high)]
        }
        let all = Array(scores.indices)
        return MetricResult(
            name: kind.name, score: mean(all, \.fMeasure),
            signature: signature([
                "nrefs": pairs.referenceCountText, "stem": stems.yesOrNo, "split": split.rawValue,
                "bootstrap": "1000", "seed": String(seed),
            ]),
            parts: [
                "precision": .number(mean(all, \.precision)), "recall": .number(mean(all, \.recall)),
                "fmeasure": .number(mean(all, \.fMeasure)), "precision_interval": interval(\.precision),
                "recall_interval": interval(\.recall), "fmeasure_interval": interval(\.fMeasure),
            ])
    }

    private func score(_ hypothesis: String, _ reference: String) -> Score {
        switch kind {
        case .nGrams(let order):
            let (hypothesis, reference) = (words(hypothesis).nGrams(order), words(reference).nGrams(order))
            return Score(
                hits: reference.reduce(0) { $0 + min($1.value, hypothesis[$1.key] ?? 0) },
                hypothesis: hypothesis.values.reduce(0, +), reference: reference.values.reduce(0, +))
        case .lcs:
            let (hypothesis, reference) = (words(hypothesis), words(reference))
            let length = CommonSubsequence(reference, hypothesis).length
            return Score(hits: length, hypothesis: hypothesis.count, reference: reference.count)
        case .summaryLCS:
            return summaryScore(sentences(hypothesis).map(words), sentences(reference).map(words))
        }
    }

    private func summaryScore(_ hypothesis: [[Scalars]], _ reference: [[Scalars]]) -> Score {
        var left: [Scalars: (hypothesis: Int, reference: Int)] = [:]
        for word in hypothesis.joined() { left[word, default: (0, 0)].hypothesis += 1 }
        for word in reference.joined() { left[word, default: (0, 0)].reference += 1 }
        var hits = 0
        for sentence in reference {
            let union = Set(hypothesis.flatMap { CommonSubsequence(sentence, $0).positions })
            for position in union.sorted() {
                // A word counts no more often than both texts have it.
                guard let counts = left[sentence[position]], counts.hypothesis > 0, counts.reference > 0 else {
                    continue
                }
                hits += 1
                left[sentence[position]] = (counts.hypothesis - 1, counts.reference - 1)
            }
        }
        return Score(
            hits: hits, hypothesis: hypothesis.reduce(0) { $0 + $1.count },
            reference: reference.reduce(0) { $0 + $1.count })
    }

    private func sentences(_ text: String) -> [String] {
        let lines = text.scalars.split(separator: "\n").map(Scalars.init)
        guard split == .sentences else { return lines.map { String($0) } }
        return lines.flatMap { line -> [String] in
            var (sentences, start) = ([String](), 0)
            for index in line.indices.dropLast()
            where [".", "!", "?"].contains(line[index]) && line[index + 1].isPythonSpace {
                sentences.append(String(Scalars(line[start...index])))
                start = index + 1
            }
            return sentences + [String(Scalars(line[start...]))]
        }
    }

    private func words(_ text: String) -> [Scalars] {
        let words = text.pythonLowercased.scalars.split { !("a"..."z").contains($0) && !("0"..."9").contains($0) }
        return words.map { $0.count > 3 && stems ? PorterStemmer.stem(Scalars($0)) : Scalars($0) }
    }
}

/// The longest common subsequence of two lists, and where rouge-score finds it in the first.
struct CommonSubsequence {
    let length: Int
    /// Positions in the first list, the last one first.
    let positions: [Int]

    init<Item: Equatable>(_ first: [Item], _ second: [Item]) {
        let width = second.count + 1
        var table = [Int32](repeating: 0, count: (first.count + 1) * width)
        for row in first.indices {
            for column in second.indices {
                table[(row + 1) * width + column + 1] =
                    first[row] == second[column]
                    ? table[row * width + column] + 1
                    : max(table[row * width + column + 1], table[(row + 1) * width + column])
            }
        }
        length = Int(table[first.count * width + second.count])
        var (row, column, positions) = (first.count, second.count, [Int]())
        while row > 0, column > 0 {
            if first[row - 1] == second[column - 1] {
                positions.append(row - 1)
                (row, column) = (row - 1, column - 1)
            } else if table[row * width + column - 1] > table[(row - 1) * width + column] {
                column -= 1
            } else {
                row -= 1
            }
        }
        self.positions = positions
    }
}
