import Files
import Tensors
import Testing

@testable import Vectors

/// The indexes beside the graph, against exact search.
@Suite struct IndexTests {
    @Test(
        "Enough probes and candidates find what exact search finds",
        arguments: [
            ("ivf:lists=20", SearchOptions(probes: 8), 0.95),
            ("ivfpq:lists=20", SearchOptions(probes: 8, refinement: 8), 0.9),
            ("binary", SearchOptions(refinement: 30), 0.9), ("lsh:bits=256", SearchOptions(refinement: 20), 0.9),
            ("flat", SearchOptions(), 1), ("flat:encoding=f16", SearchOptions(), 0.99),
            ("ivf:lists=1", SearchOptions(), 1),
        ], [Metric.l2, .cosine])
    func recall(index: (String, SearchOptions, Double), metric: Metric) throws {
        let (size, count) = (19, 900)
        let values = HNSWTests.clustered(count, size: size, seed: 21)
        let specification = try IndexSpecification(index.0)
        let settings = CollectionSettings(size: size, metric: metric, encoding: specification.encoding)
        let (rows, exactRows) = (
            VectorRows(try settings.format()), VectorRows(try CollectionSettings(size: size, metric: metric).format())
        )
        let vectors = try (0..<count).map { try settings.prepared(Array(values[($0 * size)...].prefix(size)), id: "x") }
        for vector in vectors {
            vector.withUnsafeBufferPointer {
                rows.append($0); exactRows.append($0)
            }
        }
        let pool = ThreadPool(threads: 2)
        let approximate = try specification.make(rows, count: count)
        approximate.insert(0..<count, pool: pool)
        let exact = FlatIndex(exactRows)
        exact.insert(0..<count, pool: pool)
        #expect(approximate.count == count && approximate.memoryBytes > 0)
        for allowed in [nil, SlotSet(stride(from: 0, to: count, by: 3))] {
            var hits = 0
            for vector in vectors[..<40] {
                let found = approximate.search(vector, k: 10, options: index.1, allowed: allowed)
                let best = Set(exact.search(vector, k: 10, options: index.1, allowed: allowed).map(\.slot))
                hits += found.count { best.contains($0.slot) }
                #expect(found.allSatisfy { allowed?.contains($0.slot) ?? true })
            }
            #expect(Double(hits) / 400 >= index.2, "\(index.0) \(Double(hits) / 400)")
        }
    }

    @Test func specifications() throws {
        let graph = try IndexSpecification("hnsw:m=8,ef_construction=50,encoding=int8")
        #expect(graph.graph == HNSWOptions(links: 8, constructionWidth: 50) && graph.encoding == .int8)
        for wrong in ["", "hsnw", "hnsw:m=0", "hnsw:lists=3", "flat:m=3", "hnsw:m", "ivf:lists=x", "flat:encoding=f99"]
        {
            #expect(throws: VectorError.self) { try IndexSpecification(wrong) }
        }
    }

    @Test("Files of vectors with wrong lengths are refused by name")
    func vectorFiles() throws {
        let folder = try TemporaryFolder()
        func file(_ words: [Int32]) throws -> String {
            let path = folder.path + "/v.fvecs"
            try AtomicFile.write(
                words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }, to: path)
            return path
        }
        let good = try VectorFile(path: file([2, 1, 2, 2, 3, 4]))
        #expect(good.size == 2 && good.count == 2 && Array(good.integers(1)) == [3, 4])
        for words: [Int32] in [[2, 1], [0], [-1, 5], [2, 1, 2, 3, 1, 2], [2, 1, 2, 2]] {
            #expect(throws: VectorError.self) { try VectorFile(path: file(words)) }
        }
    }
}
