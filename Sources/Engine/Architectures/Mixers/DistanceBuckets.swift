import Platform

/// Distances between positions in buckets: near ones each in its own, far ones in ever wider ones, half of the buckets
/// for each direction (Raffel et al. 2020).
struct DistanceBuckets {
    /// The number of buckets, both directions together.
    let count: Int
    /// Whether all buckets are for keys before the query.
    var isOneWay = false
    /// From this distance on all are in the last bucket.
    var reach = 128
    /// With fewer, no distance has a bucket of its own; with more, all up to the last bucket would.
    static let counts = 4...511

    /// The bucket of key position - query position.
    func bucket(_ distance: Int) -> Int {
        let half = isOneWay ? count : count / 2
        let offset = distance > 0 && !isOneWay ? half : 0
        let distance = isOneWay ? max(0, -distance) : abs(distance)
        let exact = half / 2
        if distance < exact { return offset + distance }
        let ratio = logf(Float(distance) / Float(exact)) / logf(Float(reach) / Float(exact))
        return offset + min(half - 1, exact + Int(ratio * Float(half - exact)))
    }

    /// Where among values by bucket, `[buckets, heads]`, those by distance are, `[heads, 2 * reach + 1]`.
    func places(heads: Int) -> [Int] {
        (0..<heads).flatMap { head in (-reach...reach).map { bucket($0) * heads + head } }
    }
}
