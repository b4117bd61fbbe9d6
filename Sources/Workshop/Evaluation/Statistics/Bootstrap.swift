/// Intervals by drawing the data again and again with repetition (Efron, 1979).
public enum Bootstrap {
    /// The lower bound, the middle and the upper bound of a statistic.
    public struct Interval: Sendable, Hashable {
        /// The lower bound.
        public var low: Double
        /// The median of the samples.
        public var middle: Double
        /// The upper bound.
        public var high: Double
    }

    /// The interval of a statistic over samples of as many positions as there are data.
    ///
    /// - Parameters:
    ///   - count: the number of data.
    ///   - confidence: how much of the samples lies between the bounds, 0 to 1.
    ///   - samples: how often data are drawn, as NumPy's `RandomState(seed).choice` draws them.
    ///   - statistic: the statistic of the data at some positions.
    public static func interval(
        count: Int, confidence: Double = 0.95, samples: Int = 1000, seed: UInt32 = 0, _ statistic: ([Int]) -> Double
    ) -> Interval {
        guard count > 0, samples > 0 else { return Interval(low: .nan, middle: .nan, high: .nan) }
        var generator = MersenneTwister(numpySeed: seed)
        let values = (0..<samples).map { _ in statistic(generator.numpyChoices(count, of: count)) }.sorted()
        let delta = (1 - confidence) / 2
        return Interval(
            low: percentile(values, delta), middle: percentile(values, 0.5), high: percentile(values, 1 - delta))
    }

    /// The value below which a share of the sorted values lies, between two values in proportion (NumPy's default).
    static func percentile(_ sorted: [Double], _ share: Double) -> Double {
        guard let last = sorted.indices.last else { return .nan }
        let position = min(max(share, 0), 1) * Double(last)
        let below = Int(position.rounded(.down))
        let above = min(below + 1, last)
        return sorted[below] + (sorted[above] - sorted[below]) * (position - Double(below))
    }
}
