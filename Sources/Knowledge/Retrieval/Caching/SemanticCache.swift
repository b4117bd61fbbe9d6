import Essentials
import Files
import GRDB
import Synchronization
import Vectors

/// A cache of answers in front of a model: the same question gets the same answer at once, and so does one that says the same in
/// other words.
///
/// Answers are in an SQLite file, the vectors of their questions in a collection beside it. An answer counts only for its scope:
/// everything that the answer depends on besides the question, such as the model and the conversation before.
public final class SemanticCache: Sendable {
    /// What it keeps and compares.
    public let options: CacheOptions
    private let table: AnswerTable
    private let vectors: VectorCollection
    private let encoder: PassageEncoder
    private let now: @Sendable () -> Double
    private let counts = Mutex(CacheStatistics())

    /// How many near questions are compared.
    private static let candidates = 8

    /// Opens the cache of a folder, or makes it.
    ///
    /// - Parameters:
    ///   - encoder: What makes the vectors of questions; the one that the folder was made with.
    ///   - now: The time in seconds since 1970; nil for the clock's.
    /// - Throws: `VectorError` if another process has it or it is of another encoder, `RetrievalError` if it is damaged.
    public init(
        folder: String, encoder: PassageEncoder, options: CacheOptions = CacheOptions(),
        now: (@Sendable () -> Double)? = nil
    ) throws {
        (self.encoder, self.options) = (encoder, options)
        self.now = now ?? { Date().timeIntervalSince1970 }
        let path = folder + "/questions"
        vectors =
            FileSystem.exists(path + "/collection.sqlite")
            ? try VectorCollection.open(at: path, encoder: encoder.name)
            : try VectorCollection.create(
                at: path, settings: CollectionSettings(size: encoder.dimensions, encoder: encoder.name))
        table = try AnswerTable(path: folder + "/answers.sqlite")
    }

    /// What it has done since it was opened.
    public var statistics: CacheStatistics { counts.withLock { $0 } }

    /// The number of answers.
    public func count() throws -> Int { try table.count() }

    /// The answer to a question, if there is one; the nearest of similar ones that passes the comparison.
    ///
    /// - Parameter tokenLimit: The most tokens that the answer may have.
    public func answer(to question: String, scope: String, tokenLimit: Int = .max) async throws -> CachedAnswer? {
        let begin = ContinuousClock.now
        let found = try await find(question, scope, tokenLimit)
        counts.withLock { counts in
            counts.lookupSeconds += (ContinuousClock.now - begin) / .seconds(1)
            switch found?.isExact {
            case true?: counts.exactHits += 1
            case false?: counts.similarHits += 1
            case nil: counts.misses += 1
            }
            counts.savedSeconds += found?.seconds ?? 0
        }
        return found
    }

    private func find(_ question: String, _ scope: String, _ tokenLimit: Int) async throws -> CachedAnswer? {
        let oldest = options.lifetime.map { now() - $0 } ?? -.infinity
        func usable(_ entry: AnswerTable.Entry?) -> AnswerTable.Entry? {
            entry.flatMap { $0.created >= oldest && $0.tokens <= tokenLimit ? $0 : nil }
        }
        let id = Self.id(question, scope)
        if let entry = usable(try table.entry(id)) {
            try table.use(id, now: now())
            return entry.found(similarity: 1)
        }
        guard options.threshold < 1, try table.count() > 0, encoder.readsWhole(question) else { return nil }
        let near = try vectors.search(
            VectorQuery(
                vector: try await encoder.encode(query: question), count: Self.candidates,
                filter: .equals("scope", .text(Self.digest(scope)))))
        for hit in near where hit.score >= options.threshold {
            guard let entry = usable(try table.entry(hit.id)) else { continue }
            if options.verifies, let difference = QuestionDifference.between(question, entry.question) {
                counts.withLock { $0.refused[difference, default: 0] += 1 }
                continue
            }
            try table.use(hit.id, now: now())
            // Rounding may find more than 1, and 1 stands for the same text.
            return entry.found(similarity: min(hit.score, Float(1).nextDown))
        }
        return nil
    }

    /// Keeps an answer, in place of an earlier one to the same question.
    ///
    /// - Parameter seconds: The time that the model took.
    public func keep(
        _ answer: String, tokens: Int, seconds: Double, for question: String, scope: String
    ) async throws {
        let id = Self.id(question, scope)
        // An answer without a vector is still found by its text; a vector without an answer is passed over.
        try table.enter(
            id,
            AnswerTable.Entry(
                scope: scope, question: question, answer: answer, tokens: tokens, seconds: seconds, created: now()))
        if encoder.readsWhole(question) {
            let vector = try await encoder.encode(query: question)
            try vectors.upsert([VectorRecord(id: id, vector: vector, metadata: ["scope": .text(Self.digest(scope))])])
        }
        try makeRoom()
    }

    /// Removes what is too old, and a tenth more than must go, so that this is seldom done.
    private func makeRoom() throws {
        var leaving: [String] = []
        if let lifetime = options.lifetime { leaving = try table.ids(createdBefore: now() - lifetime) }
        let count = try table.count() - leaving.count
        if count > options.capacity {
            let excess = count - options.capacity + options.capacity / 10
            leaving += try table.leastUsed(excess, eviction: options.eviction, besides: Set(leaving))
        }
        guard !leaving.isEmpty else { return }
        try remove(leaving)
        counts.withLock { $0.evicted += leaving.count }
    }

    private func remove(_ ids: [String]) throws {
        try vectors.delete(ids: ids)
        try table.remove(ids)
    }

    /// Removes all answers.
    public func removeAll() throws { try remove(try table.ids(createdBefore: .infinity)) }

    /// Calls `body` with each question and its answer, oldest first.
    public func forEach(_ body: (_ question: String, _ answer: String) throws -> Void) throws {
        try table.forEach { try body($0.question, $0.answer) }
    }

    /// Lets go of the files.
    public func close() throws {
        try vectors.close()
        try table.close()
    }

    private static func digest(_ text: String) -> String { String(SHA256.digest(of: text.utf8).prefix(32)) }
    private static func id(_ question: String, _ scope: String) -> String { digest(digest(scope) + question) }
}
