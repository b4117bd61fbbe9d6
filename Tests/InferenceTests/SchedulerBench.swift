import Decoding
import Tokenization

@testable import Inference
@testable import Tensors

/// A scheduler, its queue, and what its answers brought.
final class SchedulerBench {
    let queue: RequestQueue
    let scheduler: Scheduler<ScriptedNetwork>
    let network: ScriptedNetwork
    let now = ContinuousClock.now

    init(
        pages: Int = 1000, context: Int = 2000, repeats: Int? = nil, answerStart: [Int32]? = nil,
        _ change: (inout EngineOptions) -> Void = { _ in }
    ) {
        var options = EngineOptions()
        change(&options)
        var network = ScriptedNetwork()
        network.repeats = repeats
        let time = Box(now)
        network.onStep = { time.value += .microseconds(1000 * $0) }
        self.network = network
        let memory = pages * network.layout.pageBytes
        let limits = TextLimits(
            contextLength: context, layout: network.layout, memory: memory, batchTokens: options.batchTokens)
        queue = RequestQueue(limit: options.queuedRequests)
        let traits = TextTraits(
            name: "scripted", tokenizer: Tokenizer(numbersBelow: ScriptedNetwork.vocabulary, configuration: nil),
            rotaryLengths: RotaryLengths(canonical: { _ in nil }, reserved: { _ in nil }), answerStart: answerStart)
        scheduler = Scheduler(
            network: network, traits: traits, limits: limits, options: options, queue: queue,
            clock: { time.value })
    }

    func put(
        _ prompt: [Int32], _ tokens: Int, unread: Int = 10_000, client: String? = nil,
        deadline: ContinuousClock.Instant? = nil, overflow: ContextOverflow = .error
    ) throws -> AsyncThrowingStream<
        GenerationEvent, any Error
    > {
        let buffer = AnswerBuffer(answers: 1, limit: unread)
        var request = GenerationRequest(prompt: prompt, sampling: .greedy, maximumTokens: tokens)
        request.ignoresEndOfGeneration = true
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
