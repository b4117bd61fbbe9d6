/// Rankings made one: reciprocal rank fusion (Cormack et al. 2009).
public enum RankFusion {
    /// The sum over rankings of 1 / (k + rank) for each item, largest first; items that come to the same keep the order in
    /// which they were first met.
    ///
    /// Within a ranking, items with equal scores share a rank: the order among them says nothing, so it must not outweigh
    /// what another ranking says.
    ///
    /// - Parameters:
    ///   - rankings: Items and their scores, best first.
    ///   - k: How little the first ranks stand out.
    public static func fuse<Item: Hashable>(_ rankings: [[(item: Item, score: Float)]], k: Double = 60)
        -> [(item: Item, score: Double)]
    {
        var (sums, order): ([Item: Double], [Item]) = ([:], [])
        for ranking in rankings {
            var rank = 0
            for (place, entry) in ranking.enumerated() {
                if place == 0 || entry.score != ranking[place - 1].score { rank = place + 1 }
                if sums[entry.item] == nil { order.append(entry.item) }
                sums[entry.item, default: 0] += 1 / (k + Double(rank))
            }
        }
        // Sorting in Swift is stable.
        return order.map { ($0, sums[$0] ?? 0) }.sorted { $0.1 > $1.1 }
    }
}
