/// How many durations there were of each magnitude, as Prometheus counts them.
public struct LatencyHistogram: Sendable, Hashable {
    /// The upper bounds of the buckets but the last, in seconds, ascending.
    public static let bounds = [
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 60, 120, 300,
    ]

    /// How many durations fell into each bucket, the last of which has no upper bound.
    public private(set) var counts = [Int](repeating: 0, count: bounds.count + 1)
    /// The sum of all durations in seconds.
    public private(set) var sum = 0.0

    /// Makes one of no durations.
    public init() {}

    /// The number of durations.
    public var count: Int { counts.reduce(0, +) }

    mutating func add(_ seconds: Double) {
        counts[Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count] += 1
        sum += seconds
    }
}
