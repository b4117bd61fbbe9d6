import Files
import Foundation
import Retrieval
import Synchronization
import Testing

/// Answers that are given again.
struct SemanticCacheTests {
    /// A folder, a clock, and caches in it.
    private final class Place: Sendable {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
        let time = Mutex(1000.0)
        let embedder = WordCountEmbedder()

        func open(_ options: CacheOptions = CacheOptions()) throws -> SemanticCache {
            try SemanticCache(folder: folder, encoder: PassageEncoder(embedder), options: options) {
                self.time.withLock { $0 }
            }
        }

        func wait(_ seconds: Double) { time.withLock { $0 += seconds } }
        deinit { try? FileManager.default.removeItem(atPath: folder) }
    }

    private func keep(_ cache: SemanticCache, _ question: String, _ answer: String, scope: String = "") async throws {
        try await cache.keep(answer, tokens: 5, seconds: 2, for: question, scope: scope)
    }

    @Test("The same question is answered without its vector, a similar one by it, another scope not at all")
    func hits() async throws {
        let place = Place()
        let cache = try place.open()
        #expect(try await cache.answer(to: "How tall is the tower of Graz", scope: "a") == nil)
        try await keep(cache, "How tall is the tower of Graz", "28 metres", scope: "a")
        place.embedder.embedded.withLock { $0 = [] }
        let exact = try await cache.answer(to: "How tall is the tower of Graz", scope: "a")
        #expect(exact?.answer == "28 metres" && exact?.isExact == true)
        #expect(place.embedder.embedded.withLock { $0.isEmpty })
        let similar = try await cache.answer(to: "how tall is the tower of Graz?", scope: "a")
        #expect(similar?.answer == "28 metres" && similar?.isExact == false)
        #expect(similar?.question == "How tall is the tower of Graz")
        #expect(try await cache.answer(to: "How tall is the tower of Graz", scope: "b") == nil)
        #expect(try await cache.answer(to: "Who built a bridge in Linz", scope: "a") == nil)
        #expect(try await cache.answer(to: "How tall is the tower of Graz", scope: "a", tokenLimit: 4) == nil)
        let statistics = cache.statistics
        #expect((statistics.exactHits, statistics.similarHits, statistics.misses) == (1, 1, 4))
        #expect(statistics.savedSeconds == 4)
    }

    @Test("Of a text that the encoder does not read whole only the very same one has its answer")
    func longQuestions() async throws {
        let cache = try Place().open()
        let text = String(repeating: "a long text of many words ", count: 20)
        try await keep(cache, text + "about swans", "swans")
        #expect(try await cache.answer(to: text + "about swans", scope: "")?.answer == "swans")
        #expect(try await cache.answer(to: text + "about ducks and other birds", scope: "") == nil)
    }

    @Test("A near question that is denied, counted or named otherwise has no answer here")
    func refusals() async throws {
        let place = Place()
        var options = CacheOptions()
        options.threshold = 0.5
        let cache = try place.open(options)
        try await keep(cache, "is it safe to mix bleach with water", "Yes")
        #expect(try await cache.answer(to: "is it not safe to mix bleach with water", scope: "") == nil)
        #expect(cache.statistics.refused == [.negation: 1])
        options.verifies = false
        try cache.close()
        let trusting = try place.open(options)
        #expect(try await trusting.answer(to: "is it not safe to mix bleach with water", scope: "")?.answer == "Yes")
    }

    @Test("A cache is there after it was closed, for its encoder")
    func reopening() async throws {
        let place = Place()
        do {
            let cache = try place.open()
            try await keep(cache, "a question\0 with a zero", "one")
            try await keep(cache, "a question\0 with a zero", "two")
            try cache.close()
        }
        let cache = try place.open()
        #expect(try cache.count() == 1)
        #expect(try await cache.answer(to: "a question\0 with a zero", scope: "")?.answer == "two")
        #expect(throws: (any Error).self) { try place.open() }
        try cache.close()
        let other = PassageEncoder(WordCountEmbedder(name: "other"))
        #expect(throws: (any Error).self) { try SemanticCache(folder: place.folder, encoder: other) }
    }

    @Test("Old answers count no more", arguments: [10.0, 11])
    func lifetime(seconds: Double) async throws {
        let place = Place()
        var options = CacheOptions()
        options.lifetime = 10
        let cache = try place.open(options)
        try await keep(cache, "what is the weather", "rain")
        place.wait(seconds)
        let found = try await cache.answer(to: "what is the weather", scope: "")
        #expect((found == nil) == (seconds > 10))
        try await keep(cache, "another thing", "x")
        #expect(try cache.count() == (seconds > 10 ? 1 : 2))
    }

    @Test("Of a full cache the least recent or the least often used leave", arguments: CacheOptions.Eviction.allCases)
    func eviction(_ eviction: CacheOptions.Eviction) async throws {
        let place = Place()
        var options = CacheOptions()
        (options.capacity, options.eviction) = (3, eviction)
        let cache = try place.open(options)
        for question in ["one", "two", "three"] {
            try await keep(cache, question, question)
            place.wait(1)
        }
        // The first is used often, the second last.
        for _ in 0..<3 { _ = try await cache.answer(to: "one", scope: "") }
        place.wait(1)
        _ = try await cache.answer(to: "two", scope: "")
        place.wait(1)
        _ = try await cache.answer(to: "three", scope: "")
        _ = try await cache.answer(to: "three", scope: "")
        place.wait(1)
        try await keep(cache, "four", "four")
        var left: [String] = []
        try cache.forEach { question, _ in left.append(question) }
        #expect(left == (eviction == .leastRecent ? ["two", "three", "four"] : ["one", "two", "three"]))
        #expect(cache.statistics.evicted == 1)
        try cache.removeAll()
        #expect(try cache.count() == 0)
    }

    @Test(
        "What differs between questions",
        arguments: [
            ("Is aspirin safe for dogs?", "Is aspirin not safe for dogs?", .negation),
            ("Can I pay by card?", "Can't I pay by card?", .negation),
            ("Which rooms have a bath?", "Which rooms have no bath?", .negation),
            ("How do I install version 5?", "How do I install version 6?", .numbers),
            ("Does it open before noon?", "Does it open after noon?", .opposites),
            ("Is the file valid?", "Is the file invalid?", .opposites),
            ("How do I enable logging?", "How do I disable logging?", .opposites),
            ("What is the capital of France?", "What is the capital of Germany?", .names),
            ("What does `map` do?", "What does `filter` do?", .names),
            ("When was the castle built?", "Where was the castle built?", .asked),
            ("How long is the bridge?", "How old is the bridge?", .asked),
            ("Is a cat bigger than a dog?", "Is a dog bigger than a cat?", .order),
            ("How do I reset my password?", "How can I change my password?", .subject),
            ("What does cell mean in biology?", "What does cell mean in physics?", .subject),
            ("Is aspirin safe for dogs?", "Is aspirin safe for old dogs?", .subject),
            ("Can a dog swim?", "Can dogs swim?", nil),
            ("How do I reset my password?", "What is the way to reset a forgotten password?", nil),
            ("What is the capital of France?", "capital of france", nil),
            ("Who wrote Hamlet?", "Who is the author who wrote hamlet?", nil),
            ("It isn't that I can't see it, is it?", "is it that I can see it", nil),
            ("", "", nil),
        ] as [(String, String, QuestionDifference?)])
    func differences(_ first: String, _ second: String, _ expected: QuestionDifference?) {
        #expect(QuestionDifference.between(first, second) == expected)
        #expect(QuestionDifference.between(second, first) == expected)
    }
}
