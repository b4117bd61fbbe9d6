import Foundation
import Tensors
import Testing

@testable import Vectors

/// faiss's and usearch's exact neighbours, hnswlib's recall, and bm25s's scores, from scripts/make_vector_fixtures.py.
@Suite struct ReferenceTests {
    struct References: Decodable {
        struct Neighbours: Decodable {
            let distances: [[Float]]
            let slots: [[Int]]
        }

        let size: Int
        let k: Int
        let base: [Int]
        let queries: [Int]
        let l2: Neighbours
        let dot: Neighbours
        let cosine: Neighbours
        let jaccard: Neighbours
        let hamming: Neighbours
        let hnswlib_recall: Double
        let texts: [String]
        let asked: [String]
        let bm25: [[Float]]

        static func load() throws -> References {
            let url = try #require(Bundle.module.url(forResource: "Fixtures/references", withExtension: "json"))
            return try JSONDecoder().decode(References.self, from: Data(contentsOf: url))
        }
    }

    private func rows(_ references: References, _ metric: Metric) throws -> (VectorRows, [[Float]]) {
        let encoding: VectorEncoding = metric == .hamming ? .binary : .f32
        let settings = CollectionSettings(size: references.size, metric: metric, encoding: encoding)
        let rows = VectorRows(try settings.format())
        // Bits are those of values above a half.
        func values(_ integers: ArraySlice<Int>) throws -> [Float] {
            try settings.prepared(integers.map { Float($0) / 1024 - (metric == .hamming ? 0.5 : 0) }, id: "x")
        }
        func split(_ integers: [Int]) throws -> [[Float]] {
            try stride(from: 0, to: integers.count, by: references.size).map {
                try values(integers[$0..<$0 + references.size])
            }
        }
        for vector in try split(references.base) { vector.withUnsafeBufferPointer { rows.append($0) } }
        return (rows, try split(references.queries))
    }

    /// Distances within 1e-5; slots the same but for ties.
    @Test(arguments: Metric.allCases)
    func exactNeighbours(metric: Metric) throws {
        let references = try References.load()
        let expected =
            switch metric {
            case .l2: references.l2
            case .dot: references.dot
            case .cosine: references.cosine
            case .jaccard: references.jaccard
            case .hamming: references.hamming
            }
        let (rows, queries) = try rows(references, metric)
        let flat = FlatIndex(rows)
        flat.insert(0..<rows.count, pool: ThreadPool(threads: 1))
        let graph = try #require(HNSWIndex(rows))
        graph.insert(0..<rows.count, pool: ThreadPool(threads: 1))
        var hits = 0
        for (query, vector) in queries.enumerated() {
            let found = flat.search(vector, k: references.k, options: SearchOptions(), allowed: nil)
            for (neighbour, distance) in zip(found, expected.distances[query]) {
                let own =
                    switch metric {
                    case .dot: -neighbour.distance
                    case .cosine, .jaccard: 1 - neighbour.distance
                    default: neighbour.distance
                    }
                #expect(abs(own - distance) < 1e-5)
            }
            if Set(expected.distances[query]).count == references.k, metric != .hamming {
                #expect(found.map(\.slot) == expected.slots[query])
            }
            let near = graph.search(vector, k: references.k, options: SearchOptions(), allowed: nil)
            let limit = (found.last?.distance ?? 0) + 1e-6
            hits += near.count { $0.distance <= limit }
        }
        // As many as hnswlib with the same links and widths; it was asked for L2.
        #expect(
            Double(hits) / Double(references.k * queries.count) >= (metric == .l2 ? references.hnswlib_recall : 0.95))
    }

    /// Within 1e-5 of bm25s's scores with Lucene's inverse document frequency.
    @Test func keywordScores() throws {
        let references = try References.load()
        let folder = try TemporaryFolder()
        let collection = try VectorCollection.create(
            at: folder.path + "/c", settings: .init(size: 1, metric: .l2), threads: 1)
        try collection.upsert(
            references.texts.enumerated().map { VectorRecord(id: "\($0.offset)", vector: [0], text: $0.element) })
        for (query, expected) in zip(references.asked, references.bm25) {
            let hits = try collection.search(VectorQuery(words: query))
            var scores = [Float](repeating: 0, count: expected.count)
            for hit in hits { if let place = Int(hit.id) { scores[place] = hit.score } }
            for (a, b) in zip(scores, expected) { #expect(abs(a - b) < 1e-5, "\(query)") }
            #expect(zip(hits, hits.dropFirst()).allSatisfy { $0.score >= $1.score })
        }
    }
}
