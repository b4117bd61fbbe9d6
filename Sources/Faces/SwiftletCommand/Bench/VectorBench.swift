import Files
import JSONValues
import Tensors
import Vectors

/// How fast and how surely vectors are found: a set of the user's, its queries and their true neighbours.
struct VectorBench {
    let base: VectorFile
    let queries: VectorFile
    let truth: VectorFile
    let specification: IndexSpecification
    let metric: Metric
    let count: Int
    let pool: ThreadPool
    /// The shares of the vectors that filters let through.
    let shares: [Double]

    init(
        vectors: String, queries: String, truth: String, index: String, metric: Metric, count: Int, threads: Int?,
        shares: [Double] = []
    ) throws {
        base = try VectorFile(path: vectors)
        self.queries = try VectorFile(path: queries)
        self.truth = try VectorFile(path: truth)
        specification = try IndexSpecification(index)
        (self.metric, self.count, self.shares) = (metric, count, shares)
        pool = ThreadPool(threads: threads ?? .max)
        guard self.queries.size == base.size else {
            throw CommandError("\(queries) has vectors of \(self.queries.size) values, \(vectors) of \(base.size)")
        }
        guard self.truth.count >= self.queries.count, self.truth.size >= count else {
            throw CommandError(
                "\(truth) has \(self.truth.size) neighbours of \(self.truth.count) queries; -k \(count) with \(self.queries.count) queries wants more"
            )
        }
    }

    /// One setting of a search and what it came to.
    struct Row {
        let value: Double
        let refinement: Double
        let recall: Double
        let queriesPerSecond: Double
    }

    func run(asJSON: Bool) throws {
        let settings = CollectionSettings(
            size: base.size, metric: metric, encoding: specification.encoding, graph: specification.graph)
        guard let format = RowFormat(settings.encoding, metric: metric, size: base.size) else {
            throw VectorError.unsuitableMetric(metric, settings.encoding)
        }
        let rows = VectorRows(format, capacity: base.count)
        let index = try specification.make(rows, count: base.count)
        let seconds = try Self.seconds {
            for row in 0..<base.count {
                let vector = try settings.prepared(Array(base.floats(row)), id: "vector \(row)")
                vector.withUnsafeBufferPointer { rows.append($0) }
            }
            index.insert(0..<base.count, pool: pool)
        }
        let opening = try (index as? any MappableIndex).map { try $0.measureOpening(settings) }
        let asked = try (0..<queries.count).map { try settings.prepared(Array(queries.floats($0)), id: "query \($0)") }
        var results: [Row] = []
        for (value, options) in specification.searches.options {
            results.append(measure(index, asked, value, options))
            if results.last?.recall ?? 0 > 0.9995, results.count >= 5 { break }
        }
        let name = specification.searches.name
        let filtered = filtered(index, asked, shares: shares)
        if asJSON {
            let report: JSON.Object = [
                "vectors": .integer(base.count), "size": .integer(base.size), "metric": .string(metric.rawValue),
                "index": .string(specification.kind.rawValue), "k": .integer(count), "threads": .integer(pool.threads),
                "inserts_per_second": .number(Double(base.count) / seconds),
                "open_seconds": opening.map { .number($0) } ?? .null, "memory_bytes": .integer(index.memoryBytes),
                "searches": .array(
                    results.map { row in
                        [
                            name: .number(row.value), "refinement": .number(row.refinement),
                            "recall": .number(row.recall),
                            "queries_per_second": .number(row.queriesPerSecond),
                        ]
                    }), "filtered": .array(filtered.map { $0.json(name) }),
            ]
            return try Console.write(JSON.object(report).text() + "\n")
        }
        var table = Table([name.uppercased(), "RECALL@\(count)", "QUERIES/S"], rightAligned: [0, 1, 2])
        for row in results {
            table.add([
                Quantities.decimals(row.value, 0), Quantities.decimals(row.recall, 4),
                Quantities.decimals(row.queriesPerSecond, 0),
            ])
        }
        let opened = opening.map { ", opened in \(Quantities.decimals($0 * 1000, 1)) ms" } ?? ""
        try Console.write(
            "\(base.count) vectors of \(base.size), \(metric.rawValue), \(pool.threads) threads: "
                + "\(Quantities.decimals(Double(base.count) / seconds, 0)) inserted a second, "
                + "\(Quantities.decimals(Double(index.memoryBytes) / 1e6, 1)) MB\(opened)\n" + table.text)
        guard !filtered.isEmpty else { return }
        var shares = Table(
            ["PASSING", name.uppercased(), "RECALL@\(count)", "QUERIES/S", "EXACT SCAN"], rightAligned: [0, 1, 2, 3, 4])
        for row in filtered {
            shares.add([
                "\(row.passing)", Quantities.decimals(row.row.value, 0), Quantities.decimals(row.row.recall, 4),
                Quantities.decimals(row.row.queriesPerSecond, 0), Quantities.decimals(row.exactQueriesPerSecond, 0),
            ])
        }
        try Console.write("\nWith a filter:\n" + shares.text)
    }

    /// With one thread queries go one by one, and each one's best of five passes counts, so that what else the machine does
    /// at times changes little; otherwise they are shared out, and the best pass counts.
    private func measure(_ index: any VectorIndex, _ asked: [[Float]], _ value: Double, _ options: SearchOptions) -> Row
    {
        var found = [[Neighbour]](repeating: [], count: asked.count)
        var best = [Double](repeating: .infinity, count: asked.count)
        let all = asked.flatMap { $0 }
        for _ in 0..<5 {
            all.withUnsafeBufferPointer { all in
                guard pool.threads == 1, let base = all.baseAddress else {
                    let seconds = Self.seconds {
                        found = index.search(batch: all, k: count, options: options, pool: pool)
                    }
                    return best[0] = min(best[0], seconds)
                }
                for query in asked.indices {
                    let seconds = Self.seconds {
                        found[query] = index.search(
                            base + query * self.base.size, k: count, options: options, allowed: nil)
                    }
                    best[query] = min(best[query], seconds)
                }
            }
        }
        var hits = 0
        for (query, neighbours) in found.enumerated() {
            let nearest = Set(truth.integers(query).prefix(count).map { Int($0) })
            hits += neighbours.count { nearest.contains($0.slot) }
        }
        let seconds = pool.threads == 1 ? best.reduce(0, +) : best[0]
        return Row(
            value: value, refinement: Double(options.refinement),
            recall: Double(hits) / Double(max(count * asked.count, 1)),
            queriesPerSecond: Double(asked.count) / max(seconds, 1e-9))
    }

    static func seconds(_ body: () throws -> Void) rethrows -> Double {
        let time = try ContinuousClock().measure(body).components
        return Double(time.seconds) + Double(time.attoseconds) / 1e18
    }
}
