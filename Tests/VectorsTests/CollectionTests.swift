import Files
import Testing

@testable import Vectors

/// What a collection promises: what is written is found, after it is opened again too.
@Suite struct CollectionTests {
    static let size = 12

    static func record(_ number: Int, seed: UInt64 = 1, text: String = "") -> VectorRecord {
        VectorRecord(
            id: "d\(number)", vector: DistanceTests.random(size, seed: UInt64(number) &* 31 &+ seed &* 7919 &+ 1),
            text: text.isEmpty ? "document number \(number)" : text,
            metadata: [
                "number": .number(Double(number)), "even": .flag(number % 2 == 0),
                "kind": .text(number % 3 == 0 ? "three" : "other"),
            ])
    }

    static func make(_ folder: TemporaryFolder, _ count: Int = 60, settings: CollectionSettings = .init(size: size))
        throws
        -> VectorCollection
    {
        let collection = try VectorCollection.create(at: folder.path + "/c", settings: settings, threads: 1)
        try collection.upsert((0..<count).map { record($0) })
        return collection
    }

    @Test(
        "What is written is found at once, and after opening again", arguments: [CollectionSettings.Index.hnsw, .flat],
        [true, false])
    func writingAndFinding(index: CollectionSettings.Index, closes: Bool) throws {
        let folder = try TemporaryFolder()
        func check(_ collection: VectorCollection) throws {
            #expect(try collection.count() == 60)
            for number in [0, 17, 59] {
                let query = VectorQuery(vector: Self.record(number).vector, count: 1)
                let hit = try #require(try collection.search(query).first)
                #expect(hit.id == "d\(number)" && abs(hit.score - 1) < 1e-5 && hit.text == "document number \(number)")
                #expect(hit.metadata == Self.record(number).metadata)
            }
        }
        do {
            let collection = try Self.make(folder, settings: CollectionSettings(size: Self.size, index: index))
            try check(collection)
            if closes { try collection.close() }
        }
        let collection = try VectorCollection.open(at: folder.path + "/c", threads: 1)
        try check(collection)
        #expect(collection.repaired == nil)
        try collection.verify()
    }

    @Test func replacingDeletingAndAddingAgain() throws {
        let folder = try TemporaryFolder()
        let collection = try Self.make(folder)
        var changed = Self.record(3, seed: 9, text: "invoice 17")
        changed.metadata = ["kind": ["a", "b"]]
        try collection.upsert([Self.record(3), changed])
        #expect(try collection.count() == 60)
        #expect(try collection.search(VectorQuery(vector: changed.vector, count: 1)).first?.id == "d3")
        #expect(try collection.search(VectorQuery(words: "invoice")).map(\.id) == ["d3"])
        #expect(try collection.search(VectorQuery(words: "3")).isEmpty)
        #expect(try collection.count(where: .equals("kind", "b")) == 1)
        #expect(try collection.count(where: .equals("number", 3)) == 0)
        #expect(try collection.delete(ids: ["d3", "d4", "none"]) == 2)
        #expect(try collection.search(VectorQuery(vector: changed.vector, count: 60)).count == 58)
        #expect(try collection.records(ids: ["d3", "d5"]).map(\.id) == ["d5"])
        #expect(try collection.delete(where: .equals("even", true)) == 29)
        try collection.upsert([Self.record(3)])
        #expect(try collection.count() == 30)
        let found = try #require(try collection.records(ids: ["d3"]).first)
        #expect(MarginalRelevance.cosine(found.vector, Self.record(3).vector) > 0.9999)
        #expect(try collection.search(VectorQuery(vector: Self.record(3).vector, count: 1)).first?.id == "d3")
    }

    @Test func filters() throws {
        let folder = try TemporaryFolder()
        let collection = try Self.make(folder)
        func count(_ filter: MetadataFilter) throws -> Int { try collection.count(where: filter) }
        #expect(try count(.equals("number", 7)) == 1)
        #expect(try count(.equals("number", "7")) == 0)
        #expect(try count(.equals("even", 1)) == 0)
        #expect(try count(.oneOf("number", [1, 2, 99])) == 2)
        #expect(try count(.range("number", from: 10, through: 19.5)) == 10)
        #expect(try count(.range("number", through: 4)) == 5)
        #expect(try count(.range("kind", from: "p")) == 20)
        #expect(try count(.range("number", from: "0")) == 0)
        #expect(try count(.contains("kind", "THR")) == 20)
        #expect(try count(.exists("kind")) == 60)
        #expect(try count(.words("Number 12")) == 1)
        #expect(try count(.and([.equals("even", true), .equals("kind", "three")])) == 10)
        #expect(try count(.or([.equals("even", true), .equals("kind", "three")])) == 40)
        #expect(try count(.not(.exists("kind"))) == 0)
        #expect(try count(.and([])) == 60)
        #expect(try count(.or([])) == 0)
        #expect(throws: VectorError.self) { try count(.range("number")) }
        #expect(throws: VectorError.self) { try count(.range("number", from: 1, through: "a")) }
        #expect(throws: VectorError.self) { try count(.equals("number", [1])) }
        let hits = try collection.search(
            VectorQuery(vector: Self.record(8).vector, count: 30, filter: .equals("kind", "three")))
        #expect(hits.count == 20)
        #expect(hits.allSatisfy { $0.metadata["kind"] == "three" })
        // What was remembered of a filter is forgotten when something changes.
        try collection.delete(ids: ["d12"])
        #expect(try count(.equals("kind", "three")) == 19)
    }

    @Test("Documents that are taken out do not answer by their words either")
    func removedWords() throws {
        let folder = try TemporaryFolder()
        let collection = try Self.make(folder, 3)
        try collection.upsert([Self.record(9, text: "the pin is 4821")])
        #expect(try collection.search(VectorQuery(words: "pin 4821")).first?.id == "d9")
        try collection.delete(ids: ["d9"])
        #expect(try collection.search(VectorQuery(words: "pin 4821")).isEmpty)
    }

    @Test("A zero byte in a text does no harm")
    func zeroByte() throws {
        let folder = try TemporaryFolder()
        let collection = try Self.make(folder, 3)
        try collection.upsert([Self.record(9, text: "inv\0oice 17")])
        #expect(try collection.records(ids: ["d9"]).first?.text == "inv\0oice 17")
        #expect(try collection.search(VectorQuery(words: "17")).map(\.id) == ["d9"])
    }

    @Test("The nearest has the highest score, in the range that the metric states", arguments: Metric.allCases)
    func scores(metric: Metric) throws {
        let folder = try TemporaryFolder()
        let collection = try VectorCollection.create(
            at: folder.path + "/c", settings: CollectionSettings(size: 2, metric: metric), threads: 1)
        try collection.upsert([VectorRecord(id: "1", vector: [1, 0]), VectorRecord(id: "2", vector: [0, 1])])
        let hits = try collection.search(VectorQuery(vector: [1, 0]))
        #expect(hits.map(\.id) == ["1", "2"])
        #expect(hits.allSatisfy { (-1...1).contains($0.score) })
        #expect(abs(hits[0].score - 1) < 1e-6)
    }

    @Test func refusedVectors() throws {
        let folder = try TemporaryFolder()
        let collection = try Self.make(folder, 3)
        func error(_ vector: [Float]) -> VectorError? {
            do {
                try collection.upsert([Self.record(7), VectorRecord(id: "bad", vector: vector)])
                return nil
            } catch { return error as? VectorError }
        }
        #expect(error([1, 2]) == .wrongDimension(id: "bad", found: 2, expected: 12))
        #expect(error([Float](repeating: 0, count: 12)) == .zeroVector(id: "bad"))
        var vector = Self.record(1).vector
        vector[5] = .nan
        #expect(error(vector) == .notFinite(id: "bad", place: 5))
        vector[5] = -.infinity
        #expect(error(vector) == .notFinite(id: "bad", place: 5))
        // All or nothing.
        #expect(try collection.count() == 3)
        #expect(throws: VectorError.notFinite(id: "the query", place: 5)) {
            try collection.search(VectorQuery(vector: vector))
        }
        let other = try VectorCollection.create(at: folder.path + "/j", settings: .init(size: 2, metric: .jaccard))
        #expect(throws: VectorError.negativeValue(id: "x", place: 1)) {
            try other.upsert([VectorRecord(id: "x", vector: [0, -1])])
        }
    }

    @Test func refusedCollections() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/c"
        #expect(throws: VectorError.missing(path: path)) { try VectorCollection.open(at: path) }
        #expect(throws: VectorError.unsuitableMetric(.cosine, .binary)) {
            try VectorCollection.create(at: path, settings: .init(size: 4, encoding: .binary))
        }
        #expect(throws: VectorError.self) { try VectorCollection.create(at: path, settings: .init(size: 0)) }
        let collection = try VectorCollection.create(at: path, settings: .init(size: 4, encoder: "minilm"))
        #expect(throws: VectorError.exists(path: path)) {
            try VectorCollection.create(at: path, settings: .init(size: 4))
        }
        #expect(throws: VectorError.locked(path: path)) { try VectorCollection.open(at: path) }
        #expect(throws: VectorError.otherEncoder(path: path, found: "minilm", expected: "mpnet")) {
            try VectorCollection.open(at: path, access: .reading, encoder: "mpnet")
        }
        let reader = try VectorCollection.open(at: path, access: .reading, encoder: "minilm")
        #expect(throws: VectorError.readOnly(path: path)) { try reader.delete(ids: ["a"]) }
        #expect(try collection.count() == 0)
        #expect(try collection.search(VectorQuery(vector: [1, 2, 3, 4])).isEmpty)
        try collection.database.pool.write { try CollectionDatabase.set(99, "format", $0) }
        #expect(throws: VectorError.newerFormat(path: path + "/collection.sqlite", found: 99, supported: 1)) {
            try VectorCollection.open(at: path, access: .reading)
        }
    }

    @Test("Readers see what the writer has done, before and after a snapshot")
    func severalReaders() throws {
        let folder = try TemporaryFolder()
        let writer = try Self.make(folder, 20)
        let readers = try (0..<2).map { _ in
            try VectorCollection.open(at: folder.path + "/c", access: .reading, threads: 1)
        }
        func check(_ count: Int) throws {
            for reader in readers {
                #expect(try reader.count() == count)
                let newest = Self.record(count - 1)
                #expect(try reader.search(VectorQuery(vector: newest.vector, count: 1)).first?.id == newest.id)
            }
        }
        try check(20)
        try writer.upsert([Self.record(20)])
        try check(21)
        try writer.checkpoint()
        try writer.upsert([Self.record(21)])
        try check(22)
        try writer.checkpoint()
        try writer.checkpoint()
        try check(22)
    }

    @Test("Encodings keep what they promise", arguments: [VectorEncoding.f16, .int8, .binary])
    func encodings(encoding: VectorEncoding) throws {
        let folder = try TemporaryFolder()
        let settings = CollectionSettings(
            size: Self.size, metric: encoding == .binary ? .hamming : .cosine, encoding: encoding)
        let collection = try Self.make(folder, settings: settings)
        try collection.checkpoint()
        let hits = try collection.search(VectorQuery(vector: Self.record(7).vector, count: 3))
        let limit: Float = encoding == .binary ? 1 : 0.999
        #expect(hits.contains { $0.id == "d7" && $0.score >= limit })
    }

    @Test("Batches answer like single queries")
    func batches() throws {
        let folder = try TemporaryFolder()
        let collection = try Self.make(folder)
        let vectors = (0..<10).map { Self.record($0).vector }
        let batch = try collection.nearest(vectors, count: 3)
        for (vector, found) in zip(vectors, batch) {
            #expect(try collection.search(VectorQuery(vector: vector, count: 3)).map(\.id) == found.map(\.id))
        }
    }

    @Test("Searches and changes side by side")
    func sideBySide() async throws {
        let folder = try TemporaryFolder()
        let collection = try Self.make(folder)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<4 {
                group.addTask {
                    for number in 0..<10 {
                        let vector = Self.record(number).vector
                        #expect(try collection.search(VectorQuery(vector: vector, count: 1)).first?.id == "d\(number)")
                        #expect(try collection.nearest([vector], count: 1)[0].first?.id == "d\(number)")
                        if task == 0 { try collection.upsert([Self.record(100 + number)]) }
                        if task == 1, number == 5 { try collection.checkpoint() }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try collection.count() == 70)
    }

    @Test("Words, sparse vectors, and all of them together")
    func hybrid() throws {
        let folder = try TemporaryFolder()
        let collection = try VectorCollection.create(at: folder.path + "/c", settings: .init(size: 2), threads: 1)
        // Texts with equal scores share a rank, so that closeness decides, whatever the order of ids.
        for ids in [["c", "b", "a"], ["a", "b", "c"]] {
            try collection.delete(where: .and([]))
            let vectors: [[Float]] = [[1, 0], [1, 1], [0, 1]]
            try collection.upsert(
                zip(ids, vectors).map { id, vector in
                    VectorRecord(id: id, vector: vector, text: "a red fox", sparse: SparseVector([7: vector[1]]))
                })
            #expect(try collection.search(VectorQuery(vector: [1, 0], words: "fox")).map(\.id) == ids)
        }
        let hits = try collection.search(VectorQuery(sparse: SparseVector([7: 2, 9: 1])))
        #expect(hits.map(\.score) == [2, 2])
        #expect(try collection.search(VectorQuery()).isEmpty)
    }
}
