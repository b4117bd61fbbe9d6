import Files
import Foundation
import Testing
import VectorServers
import Vectors

/// What every store does as the embedded one does. `SWIFTLET_TEST_STORES` names addresses of collections that may be made on
/// servers, separated by spaces.
@Suite(.serialized) struct ServerStoreTests {
    static let addresses = (ProcessInfo.processInfo.environment["SWIFTLET_TEST_STORES"] ?? "")
        .split(separator: " ").map(String.init)

    private static let size = 16

    private static func records(_ count: Int) -> [VectorRecord] {
        var generator = LinearGenerator(state: 7)
        let words = ["pool", "garage", "library", "sauna", "compost", "ladder", "bicycle", "予算"]
        return (0..<count).map { number in
            let vector = (0..<size).map { _ in Float(generator.next() % 2001) / 1000 - 1 }
            let text = (0..<Int(1 + generator.next() % 12)).map { _ in words[Int(generator.next() % 8)] }
            return VectorRecord(
                id: "dir/é \(number)'\".txt#\(number)", vector: vector, text: text.joined(separator: " "),
                metadata: [
                    "kind": .text(["a", "b", "c"][number % 3]), "year": .number(2000 + Double(number % 20)),
                    "share": .number(Double(number) / 8), "draft": .flag(number % 7 == 0),
                    "tags": number % 5 == 0 ? ["x", .text("y\(number % 2)")] : ["z"],
                ])
        }
    }

    private func withStores(
        _ text: String, _ metric: Metric, _ body: (VectorCollection, any VectorStore) async throws -> Void
    ) async throws {
        let address = try StoreAddress(text)
        let server = try address.server()
        try await server.remove(address.collection)
        let settings = CollectionSettings(size: Self.size, metric: metric, encoder: "test")
        let folder = "/tmp/swiftlet-servers-\(UInt64.random(in: 0 ... .max))"
        defer { try? FileSystem.remove(folder) }
        let own = try VectorCollection.create(at: folder, settings: settings)
        let store = try await server.create(address.collection, settings: settings)
        #expect(try await server.open(address.collection)?.settings == settings)
        await #expect(throws: VectorError.self) { try await server.create(address.collection, settings: settings) }
        try await body(own, store)
        #expect(try await server.remove(address.collection))
        #expect(try await server.open(address.collection) == nil)
    }

    private static let filters: [MetadataFilter] = [
        .equals("kind", "a"), .equals("year", 2003), .equals("draft", true), .equals("tags", "y1"),
        .oneOf("kind", ["a", "c"]), .oneOf("year", [2001, 2002]), .oneOf("kind", []),
        .range("year", from: 2010, through: 2012),
        .range("share", through: 2.5), .and([.equals("kind", "b"), .range("year", from: 2015)]), .and([]), .or([]),
        .or([.equals("tags", "x"), .equals("draft", true)]), .not(.equals("kind", "a")), .not(.equals("tags", "z")),
        .not(.and([.equals("kind", "b"), .equals("draft", false)])), .exists("tags"), .not(.exists("nothing")),
        .range("kind", from: "b"), .contains("kind", "B"), .words("pool sauna"), .words("予算"), .not(.words("pool")),
    ]

    @Test(arguments: addresses, [Metric.cosine, .l2, .dot])
    func findsWhatTheEmbeddedStoreFinds(_ address: String, _ metric: Metric) async throws {
        let all = Self.records(600)
        try await withStores(address, metric) { own, store in
            try own.upsert(all)
            try await store.upsert(Array(all.prefix(400)))
            try await store.upsert(Array(all.dropFirst(300)))
            #expect(try await store.count(where: nil) == 600)
            var looked = 0
            for filter in [nil] + Self.filters.map(Optional.some) {
                let query = VectorQuery(vector: all[3].vector.map { $0 + 0.1 }, count: 12, filter: filter, width: 200)
                do {
                    let (expected, found) = (try own.search(query), try await store.search(query))
                    #expect(found.map(\.id) == expected.map(\.id), "\(String(describing: filter))")
                    for (a, b) in zip(found, expected) {
                        #expect(abs(a.score - b.score) < 1e-4 && a.text == b.text && a.metadata == b.metadata)
                    }
                    #expect(try await store.count(where: filter) == own.count(where: filter))
                    looked += 1
                } catch VectorError.invalidFilter where !address.hasPrefix("postgres") {}
            }
            #expect(looked >= 16)
            if address.hasPrefix("postgres") {
                for words in ["pool", "sauna sauna compost", "予算"] {
                    let query = VectorQuery(words: words, count: 20, filter: .equals("kind", "b"))
                    let (expected, found) = (try own.search(query), try await store.search(query))
                    #expect(zip(found, expected).allSatisfy { abs($0.score - $1.score) < 1e-4 })
                    #expect(found.count == expected.count)
                }
            }
        }
    }

    @Test(arguments: addresses) func changesAreSeenAtOnce(_ address: String) async throws {
        let all = Self.records(50)
        try await withStores(address, .cosine) { own, store in
            try await store.upsert(all)
            var changed = all[4]
            (changed.vector, changed.text, changed.metadata) = (all[5].vector.map { -$0 }, "nul \0 here", ["new": 1])
            try await store.upsert([changed])
            let found = try await store.records(ids: [all[1].id, changed.id, "none"])
            #expect(found.map(\.id) == [all[1].id, changed.id] && found[1].metadata == ["new": 1])
            #expect(found[1].text.hasPrefix("nul ") && found[0].metadata == all[1].metadata)
            let prepared = try own.settings.prepared(changed.vector, id: "")
            #expect(zip(found[1].vector, prepared).allSatisfy { abs($0 - $1) < 1e-5 })
            #expect(try await store.search(VectorQuery(vector: changed.vector, count: 1)).map(\.id) == [changed.id])
            #expect(try await store.delete(ids: [changed.id, changed.id, "none"]) == 1)
            #expect(try await store.delete(where: .equals("kind", "c")) == 16)
            #expect(try await store.count(where: nil) == 33)
            var (ids, cursor): (Set<String>, String?) = ([], nil)
            repeat {
                let page = try await store.page(after: cursor, count: 10)
                ids.formUnion(page.records.map(\.id))
                cursor = page.next
            } while cursor != nil
            #expect(ids.count == 33)
            // Refused as a whole.
            await #expect(throws: VectorError.self) {
                try await store.upsert([all[2], VectorRecord(id: "bad", vector: [1, .nan])])
            }
            #expect(try await store.count(where: nil) == 33)
        }
    }
}

private struct LinearGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state >> 33
    }
}
