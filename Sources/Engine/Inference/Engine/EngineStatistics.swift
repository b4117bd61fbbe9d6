import Synchronization

/// What an engine does now, and what it has done since it began.
public struct EngineStatistics: Sendable, Hashable {
    /// Texts that are being worked on.
    public var active = 0
    /// Requests that have not begun.
    public var waiting = 0
    /// Bytes of keys, values and states in use, and how many there may be.
    public var cacheBytes = 0, cacheMemory = 0
    /// Requests that were answered to their end, that their clients left, and that were refused since too many waited.
    public var finished = 0, cancelled = 0, refused = 0
    /// Tokens of prompts that were computed, and that were found in the cache.
    public var promptTokens = 0, cachedTokens = 0
    /// Generated tokens.
    public var generatedTokens = 0
    /// Tokens that were guessed ahead, and how many of them were right.
    public var draftedTokens = 0, acceptedTokens = 0
    /// Seconds that finished requests spent on their prompts and their answers.
    public var promptSeconds = 0.0, generationSeconds = 0.0
    /// How long finished requests waited before they began, from their arrival to their first token, between two tokens (the mean
    /// of each answer), and altogether.
    public var waits = LatencyHistogram(), firstTokens = LatencyHistogram()
    public var tokenGaps = LatencyHistogram(), durations = LatencyHistogram()
    /// Forward passes, and the texts that took part in them.
    public var steps = 0, stepTexts = 0

    /// Makes one of an engine that has not begun.
    public init() {}

    /// Counts an answer that ended so many seconds after its request had arrived.
    mutating func add(_ completion: Completion, after seconds: Double) {
        finished += 1
        promptTokens += completion.promptTokens - completion.cachedTokens
        cachedTokens += completion.cachedTokens
        generatedTokens += completion.completionTokens
        draftedTokens += completion.draftedTokens
        acceptedTokens += completion.acceptedTokens
        promptSeconds += completion.promptSeconds
        generationSeconds += completion.completionSeconds
        let first = max(0, seconds - completion.completionSeconds)
        durations.add(seconds)
        firstTokens.add(first)
        waits.add(max(0, first - completion.promptSeconds))
        let gaps = completion.completionTokens - 1
        if gaps > 0 { tokenGaps.add(completion.completionSeconds / Double(gaps)) }
    }
}

/// The statistics of one engine, written by its thread and read by all.
final class StatisticsBoard: Sendable {
    private let state = Mutex(EngineStatistics())

    var current: EngineStatistics { state.withLock(\.self) }
    func change(_ body: (inout EngineStatistics) -> Void) { state.withLock { body(&$0) } }
}
