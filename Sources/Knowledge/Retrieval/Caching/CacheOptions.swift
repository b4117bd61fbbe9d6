/// What a cache of answers keeps, and what it takes for the same question.
public struct CacheOptions: Sendable, Hashable {
    /// What leaves when the cache is full.
    public enum Eviction: String, Sendable, Hashable, CaseIterable {
        /// What was used longest ago.
        case leastRecent = "lru"
        /// What was used least often; of equal ones what was used longest ago.
        case leastOften = "lfu"
    }

    /// The least cosine of two questions that may share an answer. With the default sentence encoder rewordings of a question are
    /// at 0.92 and more, other questions about the same thing at up to 0.87 (`docs/server.md` has examples).
    public var threshold: Float = 0.9
    /// The most answers that are kept.
    public var capacity = 10_000
    /// Seconds after which an answer counts no more; nil for as long as there is room.
    public var lifetime: Double?
    /// What leaves first.
    public var eviction = Eviction.leastRecent
    /// Whether near questions are compared word by word before they share an answer.
    public var verifies = true

    /// A cosine of 0.9, ten thousand answers, the least recent leaves, near questions are compared.
    public init() {}
}

/// An answer from the cache.
public struct CachedAnswer: Sendable, Hashable {
    /// What was answered.
    public let answer: String
    /// The question that it was the answer to.
    public let question: String
    /// The cosine of that question and this; 1 for the same text.
    public let similarity: Float
    /// The tokens of the answer.
    public let tokens: Int
    /// The seconds that the model took for it.
    public let seconds: Double

    /// Whether it is the very same question.
    public var isExact: Bool { similarity == 1 }
}

/// What a cache has done since it was opened.
public struct CacheStatistics: Sendable, Hashable {
    /// Answers to the same question, letter by letter.
    public var exactHits = 0
    /// Answers to a similar one.
    public var similarHits = 0
    /// Questions without an answer.
    public var misses = 0
    /// Near questions that the comparison found to differ, by what differed.
    public var refused: [QuestionDifference: Int] = [:]
    /// Seconds spent looking.
    public var lookupSeconds = 0.0
    /// Seconds that the model once took for the answers that were found.
    public var savedSeconds = 0.0
    /// Answers that left for want of room, or too old.
    public var evicted = 0

    /// The share of questions that were answered.
    public var hitRatio: Double {
        let hits = exactHits + similarHits
        return hits + misses == 0 ? 0 : Double(hits) / Double(hits + misses)
    }
}
