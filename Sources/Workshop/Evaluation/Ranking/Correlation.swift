/// How well two lists of numbers go together, as MTEB judges similarities of sentences (STS).
public enum Correlation {
    /// Pearson's correlation, -1 to 1.
    ///
    /// - Throws: `EvaluationError` if lengths differ, there are fewer than two numbers, or one list is constant.
    public static func pearson(_ first: [Double], _ second: [Double]) throws(EvaluationError) -> Double {
        guard first.count == second.count else {
            throw EvaluationError(.countMismatch, at: "scores", "there are \(first.count) and \(second.count)")
        }
        guard first.count > 1 else {
            throw EvaluationError(.empty, at: "scores", "there are \(first.count)", remedy: "give at least two pairs")
        }
        let (mean, otherMean) = (first.mean, second.mean)
        var (products, squares, otherSquares) = (0.0, 0.0, 0.0)
        for (value, other) in zip(first, second) {
            products += (value - mean) * (other - otherMean)
            squares += (value - mean) * (value - mean)
            otherSquares += (other - otherMean) * (other - otherMean)
        }
        guard squares > 0, otherSquares > 0 else {
            throw EvaluationError(
                .data, at: "scores", "all values of a list are equal, so nothing goes together with them")
        }
        return min(max(products / (squares * otherSquares).squareRoot(), -1), 1)
    }

    /// Spearman's correlation: Pearson's of ranks, equal values having the mean of their ranks.
    public static func spearman(_ first: [Double], _ second: [Double]) throws(EvaluationError) -> Double {
        try pearson(ranks(first), ranks(second))
    }

    private static func ranks(_ values: [Double]) -> [Double] {
        let order = values.indices.sorted { values[$0] < values[$1] }
        var (ranks, start) = ([Double](repeating: 0, count: values.count), 0)
        while start < order.count {
            var end = start
            while end + 1 < order.count, values[order[end + 1]] == values[order[start]] { end += 1 }
            for position in start...end { ranks[order[position]] = Double(start + end) / 2 + 1 }
            start = end + 1
        }
        return ranks
    }
}
