import Decoding
import Tokenization

@testable import Inference
@testable import Tensors

/// A scheduler, its queue, and what its answers brought.
final class SchedulerBench {
    let queue: RequestQueue
    let scheduler: Scheduler<ScriptedNetwork>
    let network: ScriptedNetwork
    /// What guesses ahead, if anything does.
    private(set) var draft: ScriptedNetwork?
    let now = ContinuousClock.now

    init(
        pages: Int = 1000, context: Int = 2000, repeats: Int? = nil, answerStart: [Int32]? = nil,
        network: ScriptedNetwork = ScriptedNetwork(), draft: ScriptedNetwork? = nil,
        _ change: (inout EngineOptions) -> Void = { _ in }
    ) {
        var options = EngineOptions()
        change(&options)
        var network = network
        network.repeats = repeats
        let time = Box(now)
        // With few rows the weights are what takes time.
        network.onStep = { time.value += .microseconds(draft == nil ? 1000 * $0 : 8000 + 100 * $0) }
        self.network = network
        if var draft {
            draft.repeats = repeats
            draft.onStep = { time.value += .microseconds(800 + 10 * $0) }
            self.draft = draft
        }
        let memory = pages * network.layout.pageBytes
        let limits = TextLimits(
            contextLength: context, layout: network.layout, memory: memory, batchTokens: options.batchTokens)
        queue = RequestQueue(limit: options.queuedRequests)
        let traits = TextTraits(
            name: "scripted", tokenizer: Tokenizer(numbersBelow: ScriptedNetwork.vocabulary, configuration: nil),
            vocabularySize: ScriptedNetwork.vocabulary,
            rotaryLengths: RotaryLengths(canonical: { _ in nil }, reserved: { _ in nil }), answerStart: answerStart)
        let drafter = self.draft.map {
            Drafter(network: $0, contextLength: context, vocabularySize: ScriptedNetwork.vocabulary, options: options)
        }
        scheduler = Scheduler(
            network: network, drafter: drafter, traits: traits, limits: limits, options: options, queue: queue,
            clock: { time.value })
    }

    func put(
        _ prompt: [Int32], _ tokens: Int, unread: Int = 10_000, client: String? = nil,
        deadline: ContinuousClock.Instant? = nil, overflow: ContextOverflow = .error,
        sampling: SamplingParameters = .greedy, draftTokens: Int? = nil
    ) throws -> AsyncThrowingStream<
        GenerationEvent, any Error
    > {
        let buffer = AnswerBuffer(answers: 1, limit: unread)
        var request = GenerationRequest(prompt: prompt, sampling: sampling, maximumTokens: tokens)
        (request.ignoresEndOfGeneration, request.draftTokens) = (true, draftTokens)
        (request.client, request.deadline, request.overflow) = (client, deadline, overflow)
        try queue.put([(request, 0, [])], into: buffer)
        return buffer.stream(\.event)
    }

    /// Turns until nothing is left to do; returns how many turns that took.
    func finish(limit: Int = 100_000) -> Int {
        for turn in 0..<limit {
            _ = scheduler.turn(.none)
            if scheduler.counts == (0, 0) { return turn }
        }
        return limit
    }

    var pagesInUse: Int { scheduler.byteCount / network.layout.pageBytes }
}

private final class Box {
    var value: ContinuousClock.Instant
    init(_ value: ContinuousClock.Instant) { self.value = value }
}
