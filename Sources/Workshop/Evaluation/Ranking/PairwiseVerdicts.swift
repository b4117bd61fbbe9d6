/// What a judge said about pairs of answers, each shown in both orders.
public struct PairwiseVerdicts: Sendable {
    /// The verdicts about one pair, `first` being the answer that is measured and `second` the one that it is measured against.
    public struct Pair: Sendable, Hashable {
        /// Who won when the first answer was shown first.
        public var inOrder: Battle.Outcome
        /// Who won when the second answer was shown first.
        public var swapped: Battle.Outcome
        /// The first answer's length in characters.
        public var firstLength: Int
        /// The second's.
        public var secondLength: Int

        /// Keeps two verdicts.
        public init(inOrder: Battle.Outcome, swapped: Battle.Outcome, firstLength: Int, secondLength: Int) {
            (self.inOrder, self.swapped) = (inOrder, swapped)
            (self.firstLength, self.secondLength) = (firstLength, secondLength)
        }

        /// Who won in both orders; a tie if the orders disagree (Zheng et al., 2023).
        public var outcome: Battle.Outcome { inOrder == swapped ? inOrder : .tie }
    }

    /// The verdicts, one pair at least.
    public let pairs: [Pair]

    /// Keeps verdicts.
    ///
    /// - Throws: `EvaluationError` if there are none.
    public init(_ pairs: [Pair]) throws(EvaluationError) {
        guard !pairs.isEmpty else { throw EvaluationError(.empty, at: "verdicts", "there are none") }
        self.pairs = pairs
    }

    /// How many pairs ended in a way.
    public func count(_ outcome: Battle.Outcome) -> Int { pairs.count { $0.outcome == outcome } }

    /// The share of pairs that the first answer wins, ties being half a win, and its standard error; nil for a single pair.
    public var winRate: (value: Double, error: Double?) {
        let scores = pairs.map(\.outcome.score)
        return (scores.mean, TaskMetrics.standardError(scores))
    }

    /// The share of pairs whose winner is the same in both orders.
    public var consistency: Double { Double(pairs.count { $0.inOrder == $0.swapped }) / Double(pairs.count) }

    /// The share of verdicts with a winner that chose the answer shown first: a half if the position does not count. Nil if all are ties.
    public var firstShownShare: Double? {
        let chosen = pairs.flatMap { [$0.inOrder == .first, $0.swapped == .second] }.count { $0 }
        let decided = pairs.flatMap { [$0.inOrder, $0.swapped] }.count { $0 != .tie }
        return decided > 0 ? Double(chosen) / Double(decided) : nil
    }

    /// The share of wins that would be seen if all answers were as long as what they are measured against (Dubois et al., 2024).
    ///
    /// The chance of a win is a logistic function of a constant and the hyperbolic tangent of the difference in length, in its standard
    /// deviations; the rate is that of the constant alone. AlpacaEval's terms of each question's difficulty, which are fitted on many
    /// models, are not part of it. Nil for fewer than two pairs.
    public var lengthControlledWinRate: Double? {
        let gaps = pairs.map { Double($0.firstLength - $0.secondLength) }
        guard gaps.count > 1 else { return nil }
        let mean = gaps.mean
        let deviation = (gaps.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(gaps.count - 1)).squareRoot()
        let rows = gaps.map { [1, deviation > 0 ? ($0 / deviation).hyperbolicTangent : 0] }
        guard let weights = try? LogisticRegression.fit(rows, targets: pairs.map(\.outcome.score)) else { return nil }
        return LogisticRegression.probability([1, 0], weights)
    }
}
