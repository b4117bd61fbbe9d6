import JSONValues
import Vectors

extension VectorBench {
    /// What searching comes to where a filter lets a share of the vectors through.
    struct FilteredRow {
        let share: Double
        let passing: Int
        /// The first setting that finds 95 of 100, or the one that finds most.
        let row: Row
        /// The exact scan of what passes.
        let exactQueriesPerSecond: Double

        func json(_ name: String) -> JSON {
            [
                "share": .number(share), "passing": .integer(passing), name: .number(row.value),
                "recall": .number(row.recall), "queries_per_second": .number(row.queriesPerSecond),
                "exact_queries_per_second": .number(exactQueriesPerSecond),
            ]
        }
    }

    /// Measures searches with filters that let these shares of the vectors through, drawn by a fixed rule, one query at a time.
    func filtered(_ index: any VectorIndex, _ asked: [[Float]], shares: [Double]) -> [FilteredRow] {
        let exact = FlatIndex(index.rows)
        exact.insert(0..<base.count, pool: pool)
        return shares.map { share in
            let allowed = SlotSet(
                (0..<base.count).filter { slot in
                    // Fibonacci hashing: neighbouring slots fall far apart.
                    let hash = UInt64(slot) &* 0x9E37_79B9_7F4A_7C15
                    return Double(hash >> 11) / Double(1 << 53) < share
                })
            let (scan, truth) = searches(exact, asked, SearchOptions(), allowed)
            let goal = truth.map { Set($0.map(\.slot)) }
            let wanted = goal.reduce(0) { $0 + $1.count }
            var best: Row?
            for (value, options) in specification.searches.options {
                let (speed, found) = searches(index, asked, options, allowed)
                let hits = zip(found, goal).reduce(0) { sum, pair in sum + pair.0.count { pair.1.contains($0.slot) } }
                let row = Row(
                    value: value, refinement: Double(options.refinement), recall: Double(hits) / Double(max(wanted, 1)),
                    queriesPerSecond: speed)
                if row.recall > best?.recall ?? -1 { best = row }
                if row.recall >= 0.95 { break }
            }
            return FilteredRow(
                share: share, passing: allowed.count,
                row: best ?? Row(value: 0, refinement: 0, recall: 0, queriesPerSecond: 0), exactQueriesPerSecond: scan)
        }
    }

    /// Queries a second, each one's best of three, and what was found.
    private func searches(_ index: any VectorIndex, _ asked: [[Float]], _ options: SearchOptions, _ allowed: SlotSet)
        -> (speed: Double, found: [[Neighbour]])
    {
        var found = [[Neighbour]](repeating: [], count: asked.count)
        var best = [Double](repeating: .infinity, count: asked.count)
        for _ in 0..<3 {
            for (place, query) in asked.enumerated() {
                query.withUnsafeBufferPointer { query in
                    guard let query = query.baseAddress else { return }
                    let seconds = Self.seconds {
                        found[place] = index.search(query, k: count, options: options, allowed: allowed)
                    }
                    best[place] = min(best[place], seconds)
                }
            }
        }
        return (Double(asked.count) / max(best.reduce(0, +), 1e-9), found)
    }
}
