import Architectures
import Decoding
import Tensors
import Tokenization

/// A request while the engine works on it; touched by one of the engine's threads at a time.
final class ActiveRequest {
    let id: Int
    let request: GenerationRequest
    private(set) var cache: SequenceCache
    /// Where the text can be taken up again, in layouts that do not keep everything: the end of the prompt and the latest.
    private(set) var snapshots: [SequenceCache.Snapshot] = []
    /// The length that rotary frequencies are made for, where they depend on it.
    private(set) var rotaryLength: Int?
    /// Where the events go; the engine ends it when the request's memory has been given back.
    let continuation: AsyncThrowingStream<GenerationEvent, any Error>.Continuation
    private let tokenizer: Tokenizer
    private let modelName: String
    private let spec: NetworkSpec
    private let lengthLimit: Int
    private var sampler: Sampler
    private var decoder: StreamDecoder
    private var stops: StopMatcher

    /// The prompt and what has been generated.
    private(set) var tokens: [Int32]
    /// How many positions are in the cache.
    private(set) var computed: Int
    private(set) var isFinished = false
    private var promptScores: [TokenScore] = []
    private let cachedTokens: Int
    private let start = ContinuousClock.now
    private var promptEnd: ContinuousClock.Instant?

    init(
        id: Int, request: GenerationRequest, cache: SequenceCache, cached: Int, rotaryLength: Int?, contextLength: Int,
        model: LanguageModel,
        continuation: AsyncThrowingStream<GenerationEvent, any Error>.Continuation
    ) {
        self.id = id
        self.request = request
        self.cache = cache
        tokenizer = model.tokenizer
        modelName = model.name
        spec = model.spec
        self.continuation = continuation
        lengthLimit = request.lengthLimit(contextLength: contextLength)
        sampler = Sampler(request.sampling)
        decoder = tokenizer.makeStreamDecoder()
        stops = StopMatcher(request.stopStrings)
        tokens = request.prompt
        computed = cached
        self.rotaryLength = rotaryLength
        cachedTokens = cached
    }

    /// The tokens that are not in the cache yet.
    var pending: ArraySlice<Int32> { tokens[computed...] }

    /// Whether the logits of each prompt token are wanted, not only those of the last.
    var wantsPromptLogits: Bool { request.scoresPrompt && promptEnd == nil && computed < request.prompt.count }

    /// The last end of a page within the prompt: what follows is at least one token.
    private var promptBoundary: Int { (request.prompt.count - 1) / CacheLayout.pageTokens * CacheLayout.pageTokens }

    /// How many of `count` tokens to compute now, so that a snapshot can be made where the prompt's last page ends.
    func countUpToSnapshot(_ count: Int) -> Int {
        let boundary = promptBoundary
        guard !cache.layout.keepsEverything, computed < boundary, computed + count > boundary else { return count }
        return boundary - computed
    }

    private func remember() {
        guard !cache.layout.keepsEverything, computed % CacheLayout.pageTokens == 0, computed >= promptBoundary,
            computed > 0
        else { return }
        if snapshots.count == 2 { snapshots.removeLast() }
        snapshots.append(cache.snapshot(positions: computed))
    }

    /// The length that frequencies are made for, which follows from the text alone. A text that grows beyond is computed
    /// anew for the new length, so that all its keys are turned alike, as if it had been given whole.
    static func rotaryLength(tokens: Int, limit: Int, spec: NetworkSpec) -> Int? {
        // A text that is only read has exactly the frequencies of its length, as the reference gives it.
        tokens < limit ? spec.reservedLength(tokens) : spec.canonicalLength(tokens)
    }

    /// Takes the logits of the rows that were just computed: of all `count` rows if `wantsPromptLogits` held, else of the
    /// last one if nothing is pending any more.
    func advance(by count: Int, logits: [UnsafeMutableBufferPointer<Float>]) {
        let first = computed
        let scoredPrompt = wantsPromptLogits
        computed += count
        remember()
        if scoredPrompt { score(logits, firstPosition: first) }
        guard computed == tokens.count, let last = logits.last else { return }
        guard Logits.areUsable(UnsafeBufferPointer(last)) else {
            return fail(EngineError.notFinite(model: modelName))
        }
        if promptEnd == nil { finishPrompt() }
        if tokens.count >= lengthLimit { return finish(.length) }
        generate(last)
    }

    func fail(_ error: any Error) {
        isFinished = true
        continuation.finish(throwing: error)
    }

    private func finishPrompt() {
        promptEnd = .now
        continuation.yield(.prompt(promptScores))
    }

    private func score(_ logits: [UnsafeMutableBufferPointer<Float>], firstPosition: Int) {
        if firstPosition == 0 {
            promptScores.append(TokenScore(id: request.prompt[0], logProbability: nil, alternatives: []))
        }
        for (offset, row) in logits.enumerated() where firstPosition + offset + 1 < request.prompt.count {
            promptScores.append(score(request.prompt[firstPosition + offset + 1], UnsafeBufferPointer(row)))
        }
    }

    private func score(_ id: Int32, _ logits: UnsafeBufferPointer<Float>) -> TokenScore {
        let alternatives = Sampler.mostLikely(request.logProbabilities ?? 0, of: logits)
        return TokenScore(
            id: id, logProbability: logits[Int(id)] - Logits.logSumExp(logits),
            alternatives: alternatives.map { .init(id: $0.id, logProbability: $0.logProbability) })
    }

    private func generate(_ logits: UnsafeMutableBufferPointer<Float>) {
        // Scores are those of the model, before the sampler changes the logits in place.
        let original = request.logProbabilities == nil ? [] : Array(logits)
        let id = sampler.sample(logits, history: tokens)
        let tokenScore = request.logProbabilities.map { _ in original.withUnsafeBufferPointer { score(id, $0) } }
        tokens.append(id)
        if !request.ignoresEndOfGeneration, tokenizer.endOfGenerationTokens.contains(id) {
            continuation.yield(.token(GeneratedToken(id: id, text: "", score: tokenScore)))
            return finish(.stop)
        }
        let (text, isStopped) = stops.append(decoder.append(id))
        continuation.yield(.token(GeneratedToken(id: id, text: text, score: tokenScore)))
        if isStopped {
            finish(.stop, trailingText: "")
        } else if tokens.count >= lengthLimit {
            finish(.length)
        } else if let length = rotaryLength, spec.canonicalLength(tokens.count) ?? 0 > length {
            rotaryLength = Self.rotaryLength(tokens: tokens.count, limit: lengthLimit, spec: spec)
            cache = SequenceCache(layout: cache.layout)
            snapshots = []
            computed = 0
        }
    }

    private func finish(_ reason: Completion.FinishReason, trailingText: String? = nil) {
        var (reason, trailingText) = (reason, trailingText)
        if trailingText == nil {
            let (text, isStopped) = stops.append(decoder.finish())
            trailingText = isStopped ? text : text + stops.finish()
            if isStopped { reason = .stop }
        }
        isFinished = true
        let promptEnd = promptEnd ?? .now
        continuation.yield(
            .finished(
                Completion(
                    finishReason: reason, trailingText: trailingText ?? "", promptTokens: request.prompt.count,
                    cachedTokens: cachedTokens, completionTokens: tokens.count - request.prompt.count,
                    promptSeconds: Self.seconds(promptEnd - start), completionSeconds: Self.seconds(.now - promptEnd))))
    }

    private static func seconds(_ duration: Duration) -> Double { duration / .seconds(1) }
}

extension GenerationRequest {
    /// The most tokens that prompt and answer can have together.
    func lengthLimit(contextLength: Int) -> Int {
        prompt.count + min(max(maximumTokens ?? contextLength, 0), contextLength - prompt.count)
    }
}
