import Documents
import Files
import Inference
import Testing
import Vectors

@testable import Retrieval

@Suite struct IndexingTests {
    private let place: Workplace
    private let embedder = WordCountEmbedder()

    init() throws { place = try Workplace() }

    private var encoder: PassageEncoder { PassageEncoder(embedder) }

    private func index(_ collection: DocumentCollection) async throws -> IndexReport {
        embedder.embedded.withLock { $0 = [] }
        return try await Indexer(collection: collection, encoder: encoder).index([place.documents])
    }

    @Test func onlyWhatChangedIsEmbedded() async throws {
        try place.write("The pin is 4821.", to: "x.txt")
        try place.write("# Fees\n\nThe fee is 40 EUR.\n\n# Hours\n\nWe open at nine.", to: "y.md")
        let collection = try place.folder.create("c", encoder: encoder)
        var report = try await index(collection)
        #expect(report.added == 2 && report.embedded == 3 && report.problems.isEmpty)
        report = try await index(collection)
        #expect(report.unchanged == 2 && report.embedded == 0 && report.removed == 0)
        #expect(embedder.embedded.withLock { $0.isEmpty })

        try place.write("# Fees\n\nThe fee is 50 EUR.\n\n# Hours\n\nWe open at nine.", to: "y.md")
        report = try await index(collection)
        #expect(report.changed == 1 && report.embedded == 1 && report.reused == 1)
        #expect(
            try await collection.search(RetrievalQuery("fee EUR", count: 1), encoder: encoder)[0].text.contains("50"))

        // What is gone answers no more.
        try FileSystem.remove(place.documents + "/x.txt")
        report = try await index(collection)
        #expect(report.removed == 1)
        for method in RetrievalQuery.Method.allCases {
            let found = try await collection.search(RetrievalQuery("pin 4821", method: method), encoder: encoder)
            #expect(!found.contains { $0.text.contains("4821") })
        }
        #expect(try await collection.vectors.count(where: nil) == 2)
        // Without paths, those from before.
        try place.write("New.", to: "z.txt")
        #expect(try await Indexer(collection: collection, encoder: encoder).index().added == 1)
    }

    @Test func manyPassagesOfOneFileStay() async throws {
        try place.write(
            (1...400).map { "# H\($0)\n\nText number \($0) here." }.joined(separator: "\n\n"), to: "long.md")
        let collection = try place.folder.create("c", encoder: encoder)
        #expect(try await index(collection).embedded == 400)
        #expect(try await index(collection).unchanged == 1)
        #expect(try await collection.vectors.count(where: nil) == 400)
    }

    @Test func filesThatWereInterruptedAreReadAgain() async throws {
        try place.write("The pin is 4821.", to: "x.txt")
        let collection = try place.folder.create("c", encoder: encoder)
        _ = try await index(collection)
        var file = try #require(try await collection.files().first)
        // As a kill between passages and entry leaves it.
        file.fingerprint = ""
        try await collection.catalog.enter([file])
        #expect(try await index(collection).changed == 1)
        #expect(try await collection.vectors.count(where: nil) == 1)
        file.fingerprint = ""
        try await collection.catalog.enter([file])
        try FileSystem.remove(file.path)
        #expect(try await index(collection).removed == 1)
        #expect(try await collection.vectors.count(where: nil) == 0)
    }

    @Test func whatCannotBeReadIsNamedAndTheRestIndexed() async throws {
        try place.write("The pin is 4821.", to: "good.txt")
        try place.write("%PDF-1.4 broken", to: "broken.pdf")
        try place.write("no archive", to: "broken.docx")
        try place.write("NOTANUMBER", to: "nan.txt")
        try AtomicFile.write(
            (0..<4096).map { UInt8(truncatingIfNeeded: $0 &* 37) }, to: place.documents + "/binary.txt")
        let collection = try place.folder.create("c", encoder: encoder)
        let report = try await index(collection)
        #expect(report.added == 1 && report.problems.count == 4)
        #expect(
            Set(report.problems.map { $0.path.split(separator: "/").last ?? "" }) == [
                "broken.pdf", "broken.docx", "nan.txt", "binary.txt",
            ])
        #expect(try await collection.vectors.count(where: nil) == 1)
        // A file that can be read no more answers no more.
        try place.write("NOTANUMBER", to: "good.txt")
        _ = try await index(collection)
        #expect(try await collection.vectors.count(where: nil) == 0)
    }

    @Test func otherEncodersAreRefused() async throws {
        let collection = try place.folder.create("c", encoder: encoder)
        try place.write("text", to: "x.txt")
        let other = PassageEncoder(WordCountEmbedder(name: "other"))
        await #expect(throws: VectorError.self) {
            try await Indexer(collection: collection, encoder: other).index([place.documents])
        }
        let longer = PassageEncoder(WordCountEmbedder(dimensions: 8))
        await #expect(throws: RetrievalError.self) {
            try await Indexer(collection: collection, encoder: longer).index([place.documents])
        }
        await #expect(throws: VectorError.self) { try await collection.search(RetrievalQuery("text"), encoder: other) }
    }

    @Test func collectionsHaveNames() async throws {
        for name in ["", "..", "a/b", "-x", ".h", String(repeating: "a", count: 101)] {
            #expect(throws: RetrievalError.self) { try place.folder.open(name) }
        }
        try await place.folder.create("b", encoder: encoder).close()
        #expect(try place.folder.names() == ["b"])
        #expect(throws: RetrievalError.self) { try place.folder.create("b", encoder: encoder) }
        try place.folder.remove("b")
        #expect(try place.folder.names().isEmpty)
        #expect(throws: RetrievalError.self) { try place.folder.remove("b") }
    }

    @Test func neighboursComeWithoutRepetition() async throws {
        let text = (1...60).map { "Sentence number \($0) is about item\($0)." }.joined(separator: " ")
        try place.write(text, to: "x.txt")
        let collection = try place.folder.create(
            "c", encoder: encoder, splitting: SplittingOptions(size: 30, overlap: 14))
        _ = try await index(collection)
        var query = RetrievalQuery("item30", count: 3)
        let single = try await collection.search(query, encoder: encoder)
        query.expands = true
        let expanded = try await collection.search(query, encoder: encoder)
        #expect(expanded[0].text.contains(single[0].text) && text.contains(expanded[0].text))
        #expect(expanded[0].text.utf8.count > single[0].text.utf8.count)
    }
}
