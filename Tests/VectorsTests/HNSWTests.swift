import Tensors
import Testing

@testable import Vectors

/// The graph against exact search, and what goes wrong elsewhere.
@Suite struct HNSWTests {
    /// Clustered vectors, [count, size].
    static func clustered(_ count: Int, size: Int, seed: UInt64) -> [Float] {
        let centres = DistanceTests.random(20 * size, seed: seed)
        let noise = DistanceTests.random(count * size, seed: seed + 1)
        return noise.indices.map { centres[($0 / size) % 20 * size + $0 % size] + 0.3 * noise[$0] }
    }

    struct Pair {
        let graph: HNSWIndex
        let exact: FlatIndex

        init(_ values: [Float], size: Int, metric: Metric = .l2, encoding: VectorEncoding = .f32, threads: Int = 1)
            throws
        {
            let rows = VectorRows(try #require(RowFormat(encoding, metric: metric, size: size)))
            values.withUnsafeBufferPointer { rows.append($0) }
            graph = try #require(HNSWIndex(rows))
            exact = FlatIndex(rows)
            let pool = ThreadPool(threads: threads, mayExceedMachine: true)
            graph.insert(0..<rows.count, pool: pool)
            exact.insert(0..<rows.count, pool: pool)
        }

        /// The share of the exact neighbours that the graph finds.
        func recall(_ queries: [Float], k: Int = 10, width: Int = 64, allowed: SlotSet? = nil) -> Double {
            let size = graph.rows.format.size
            var (found, all) = (0, 0)
            queries.withUnsafeBufferPointer { queries in
                guard let base = queries.baseAddress else { return }
                for query in 0..<queries.count / size {
                    let options = SearchOptions(width: width)
                    let near = graph.search(base + query * size, k: k, options: options, allowed: allowed)
                    let best = exact.search(base + query * size, k: k, options: options, allowed: allowed)
                    // Equally near ones are as good.
                    let limit = (best.last?.distance ?? 0) + 1e-6
                    found += near.count { $0.distance <= limit && allowed?.contains($0.slot) ?? true }
                    all += best.count
                }
            }
            return Double(found) / Double(max(all, 1))
        }
    }

    @Test(arguments: [
        (Metric.l2, VectorEncoding.f32), (.cosine, .f32), (.dot, .f16), (.l2, .int8), (.jaccard, .f32),
        (.hamming, .binary),
    ])
    func findsTheNearest(metric: Metric, encoding: VectorEncoding) throws {
        var values = Self.clustered(800, size: 33, seed: 1)
        if metric == .jaccard { values = values.map { max($0, 0) } }
        let pair = try Pair(values, size: 33, metric: metric, encoding: encoding)
        #expect(pair.recall(Array(values[..<(100 * 33)])) >= 0.97)
    }

    @Test func builtOnSeveralThreads() throws {
        let values = Self.clustered(1500, size: 20, seed: 2)
        let pair = try Pair(values, size: 20, threads: 4)
        #expect(pair.graph.count == 1500)
        #expect(pair.recall(Array(values[..<(100 * 20)])) >= 0.98)
    }

    @Test("The same insertions make the same graph")
    func isReproducible() throws {
        let values = Self.clustered(500, size: 16, seed: 3)
        let pairs = try (0..<2).map { _ in try Pair(values, size: 16) }
        for node in 0..<UInt32(500) {
            #expect(Array(pairs[0].graph.graph.neighbours(node, 0)) == Array(pairs[1].graph.graph.neighbours(node, 0)))
        }
    }

    @Test("All copies of a vector within k are found", arguments: [1, 4])
    func equalVectors(threads: Int) throws {
        var values = Self.clustered(700, size: 24, seed: 4)
        let copies = [3, 77, 300, 301, 302, 400, 500, 699]
        for copy in copies { values.replaceSubrange(copy * 24..<(copy + 1) * 24, with: values[..<24]) }
        let pair = try Pair(values, size: 24, threads: threads)
        let found = pair.graph.search(values, k: 9, options: SearchOptions(), allowed: nil)
        #expect(Set(found.map(\.slot)) == Set(copies + [0]))
        // As many as there are, and no others, when the graph is nothing but copies.
        let same = try Pair([Float](repeating: 0.5, count: 300 * 8), size: 8, threads: threads)
        var (ring, node) = (1, same.graph.graph.next(0))
        while node != 0, node != HNSWGraph.none { (ring, node) = (ring + 1, same.graph.graph.next(node)) }
        #expect(threads > 1 || ring == 300)
        #expect(
            same.graph.search([Float](repeating: 1, count: 8), k: 300, options: SearchOptions(), allowed: nil).count
                == 300)
    }

    @Test func copiesComeAndGo() throws {
        var values = Self.clustered(500, size: 8, seed: 5)
        for copy in [10, 20, 30] { values.replaceSubrange(copy * 8..<(copy + 1) * 8, with: values[..<8]) }
        let pair = try Pair(values, size: 8)
        let graph = pair.graph
        func found() -> Set<Int> {
            Set(
                graph.search(values, k: 4, options: SearchOptions(), allowed: nil).filter { $0.distance < 1e-6 }.map(
                    \.slot))
        }
        #expect(found() == [0, 10, 20, 30])
        for slot in [0, 20] { graph.remove(slot) }
        #expect(found() == [10, 30])
        // The head of the ring and one of its members become other vectors, one comes back.
        let other = Self.clustered(3, size: 8, seed: 6)
        other.withUnsafeBufferPointer { other in
            guard let base = other.baseAddress else { return }
            for (place, slot) in [0, 20].enumerated() {
                graph.rows.set(slot, base + 8 * place)
                graph.update(slot)
            }
        }
        #expect(found() == [10, 30])
        #expect(graph.count == 500)
        graph.rows.set(20, values)
        graph.update(20)
        #expect(found() == [10, 20, 30])
    }

    @Test("What is deleted is not found, what is added again is, with its new vector")
    func deleteAndReAdd() throws {
        let values = Self.clustered(600, size: 16, seed: 7)
        let pair = try Pair(values, size: 16)
        for slot in 0..<300 {
            pair.graph.remove(slot)
            pair.exact.remove(slot)
        }
        #expect(pair.graph.count == 300)
        let queries = Array(values[..<(100 * 16)])
        #expect(pair.recall(queries) >= 0.97)
        let new = Self.clustered(300, size: 16, seed: 8)
        new.withUnsafeBufferPointer { new in
            guard let base = new.baseAddress else { return }
            for slot in 0..<300 {
                pair.graph.rows.set(slot, base + slot * 16)
                pair.graph.update(slot)
                pair.exact.update(slot)
            }
        }
        #expect(pair.graph.count == 600)
        #expect(pair.recall(Array(new[..<(100 * 16)])) >= 0.97)
        #expect(pair.recall(queries) >= 0.97)
        // Everything goes, and something comes back.
        for slot in 0..<600 { pair.graph.remove(slot) }
        #expect(pair.graph.search(values, k: 5, options: SearchOptions(), allowed: nil).isEmpty)
        pair.graph.update(123)
        #expect(pair.graph.search(values, k: 5, options: SearchOptions(), allowed: nil).map(\.slot) == [123])
    }

    @Test("Filters do not starve results", arguments: [0.5, 0.05, 0.01])
    func filters(share: Double) throws {
        let values = Self.clustered(2000, size: 16, seed: 9)
        let pair = try Pair(values, size: 16)
        let allowed = SlotSet((0..<2000).filter { Double($0 &* 7919 % 2000) < share * 2000 })
        #expect(pair.recall(Array(values[..<(50 * 16)]), allowed: allowed) >= 0.95)
    }

    @Test("What passes a filter is found however far from the query it is")
    func filterFarAway() throws {
        var values = Self.clustered(2_050, size: 8, seed: 10)
        for place in 0..<50 * 8 { values[2_000 * 8 + place] += 40 }
        let pair = try Pair(values, size: 8)
        for allowed in [SlotSet(2_000..<2_050), SlotSet(1_800..<2_050), SlotSet(below: 2_050)] {
            let found = pair.graph.search(values, k: 10, options: SearchOptions(width: 10), allowed: allowed)
            #expect(found.count == 10)
            #expect(found.allSatisfy { allowed.contains($0.slot) })
        }
        #expect(pair.recall(Array(values[..<80]), allowed: SlotSet(2_000..<2_050)) == 1)
    }

    @Test("Pages of results fit together: a larger k begins with a smaller one's")
    func pages() throws {
        let values = Self.clustered(1000, size: 8, seed: 11)
        let pair = try Pair(values, size: 8)
        let long = pair.exact.search(values, k: 40, options: SearchOptions(), allowed: nil)
        #expect(pair.exact.search(values, k: 10, options: SearchOptions(), allowed: nil) == Array(long[..<10]))
        #expect(zip(long, long.dropFirst()).allSatisfy { $0.distance <= $1.distance })
    }

    @Test("An empty graph, k of 0 and more than there are")
    func edges() throws {
        let rows = VectorRows(try #require(RowFormat(.f32, metric: .l2, size: 2)))
        let graph = try #require(HNSWIndex(rows))
        #expect(graph.search([1, 1], k: 3, options: SearchOptions(), allowed: nil).isEmpty)
        rows.set(0, [0, 0])
        graph.update(0)
        #expect(graph.search([1, 1], k: 0, options: SearchOptions(), allowed: nil).isEmpty)
        #expect(
            graph.search([1, 1], k: 3, options: SearchOptions(), allowed: nil) == [Neighbour(slot: 0, distance: 2)])
        #expect(graph.search([1, 1], k: 3, options: SearchOptions(), allowed: SlotSet()).isEmpty)
    }

    @Test func batchesAreLikeSingleQueries() throws {
        let values = Self.clustered(1000, size: 12, seed: 12)
        let pair = try Pair(values, size: 12)
        let pool = ThreadPool(threads: 3, mayExceedMachine: true)
        let batch = values.withUnsafeBufferPointer {
            pair.graph.search(batch: $0, k: 5, options: SearchOptions(), pool: pool)
        }
        #expect(batch.count == 1000)
        for query in [0, 500, 999] {
            let alone = Array(values[(query * 12)...]).withUnsafeBufferPointer { query -> [Neighbour] in
                guard let base = query.baseAddress else { return [] }
                return pair.graph.search(base, k: 5, options: SearchOptions(), allowed: nil)
            }
            #expect(batch[query] == alone)
        }
    }
}
