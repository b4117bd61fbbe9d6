import Platform

/// Distances between positions in buckets: near ones each in its own, far ones in ever wider ones, half of the buckets
/// for each direction (Raffel et al. 2020).
struct DistanceBuckets {
    /// The number of buckets, both directions together.
    let count: Int
    /// With fewer, no distance has a bucket of its own; with more, all up to the last bucket would.
    static let counts = 4...511
    /// From this distance on all are in the last bucket.
    private static let reach = 128

    /// The bucket of key position - query position.
    func bucket(_ distance: Int) -> Int {
        let half = count / 2
        let (offset, distance) = (distance > 0 ? half : 0, abs(distance))
        let exact = half / 2
        if distance < exact { return offset + distance }
        let ratio = logf(Float(distance) / Float(exact)) / logf(Float(Self.reach) / Float(exact))
        return offset + min(half - 1, exact + Int(ratio * Float(half - exact)))
    }

    /// Where among values by bucket, `[buckets, heads]`, those by distance are, `[heads, 2 * reach + 1]`.
    func places(heads: Int) -> [Int] {
        (0..<heads).flatMap { head in (-Self.reach...Self.reach).map { bucket($0) * heads + head } }
    }
}
