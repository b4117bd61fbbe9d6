import Decoding
import Testing
import Tokenization

@testable import Inference
@testable import Tensors

/// The engine's loop on a scripted network: what it does can be predicted, and is turned by hand.
@Suite struct SchedulerTests {
    private func read(
        _ stream: AsyncThrowingStream<GenerationEvent, any Error>
    ) async throws -> (tokens: [Int32], cached: Int) {
        var (tokens, cached): ([Int32], Int) = ([], 0)
        for try await event in stream {
            switch event {
            case .prompt: break
            case .token(let token): tokens.append(token.id)
            case .finished(let completion): cached = completion.cachedTokens
            }
        }
        return (tokens, cached)
    }

    private func prompt(_ count: Int, _ seed: Int32) -> [Int32] { (0..<Int32(count)).map { ($0 * 5 + seed) & 63 } }

    @Test func moreKeptPagesThanCanBeCountedAreAll() async throws {
        let bench = SchedulerBench(pages: 12, context: 64) { $0.prefixPages = .max }
        let stream = try bench.put(prompt(40, 0), 2)
        _ = bench.finish()
        #expect(try await read(stream).tokens == ScriptedNetwork.answer(to: prompt(40, 0), 2))
    }

    /// A step of the scripted network takes a millisecond a row: 40 of the prompt and one for each further token.
    @Test func latenciesAreCounted() async throws {
        let bench = SchedulerBench()
        for (seed, tokens) in [(0 as Int32, 3), (1, 30)] {
            let stream = try bench.put(prompt(40, seed), tokens)
            _ = bench.finish()
            #expect(try await read(stream).tokens.count == tokens)
        }
        let statistics = bench.queue.board.current
        #expect(abs(statistics.durations.sum - (0.042 + 0.069)) < 0.002)
        #expect((statistics.firstTokens.count, statistics.waits.count, statistics.tokenGaps.count) == (2, 2, 2))
        let buckets = Dictionary(uniqueKeysWithValues: zip(LatencyHistogram.bounds, statistics.durations.counts))
        #expect((buckets[0.05], buckets[0.1]) == (1, 1))
    }

    /// Arrivals and cancellations at random, with memory for a few of the texts only: every text that is read to its end is
    /// right, and in the end no page is lost.
    @Test(arguments: 0..<12) func randomArrivalsAndCancellations(seed: Int) async throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let bench = SchedulerBench(pages: Int.random(in: 12...60, using: &random), context: 320) {
            $0.concurrentRequests = Int.random(in: 1...12, using: &random)
            $0.batchTokens = Int.random(in: 12...80, using: &random)
            if seed % 3 == 0 { $0.prefixPages = 0 }
        }
        var expected: [([Int32], AsyncThrowingStream<GenerationEvent, any Error>)] = []
        var count = 0
        while count < 60 || bench.scheduler.counts != (0, 0) {
            if count < 60, Int.random(in: 0..<3, using: &random) == 0 {
                count += 1
                // Many begin alike.
                let text = prompt(Int.random(in: 1...200, using: &random), Int32.random(in: 0...2, using: &random))
                let tokens = Int.random(in: 1...100, using: &random)
                let stream = try bench.put(text, tokens)
                if Int.random(in: 0..<3, using: &random) > 0 {
                    expected.append((ScriptedNetwork.answer(to: text, tokens), stream))
                }
                // Others leave at once, or, since this variable takes the last one's place, at the next arrival.
            }
            _ = bench.scheduler.turn(.none)
            #expect(bench.scheduler.byteCount <= bench.network.layout.pageBytes * 60)
        }
        for (answer, stream) in expected {
            let tokens = try await read(stream).tokens
            #expect(tokens == answer)
        }
        #expect(bench.scheduler.counts == (0, 0))
        bench.scheduler.forgetPrefixes()
        #expect(bench.scheduler.byteCount == 0)
    }

    /// With memory for less than all, the oldest text gets on in every step.
    @Test func theOldestIsNeverStarved() async throws {
        let bench = SchedulerBench(pages: 12, context: 300) { $0.batchTokens = 32 }
        let first = try bench.put(prompt(40, 1), 200)
        var others: [AsyncThrowingStream<GenerationEvent, any Error>] = []
        for seed in 2..<10 { others.append(try bench.put(prompt(40, Int32(seed)), 200)) }
        // 40 tokens of prompt beside others, then a token in each step.
        for _ in 0..<220 { _ = bench.scheduler.turn(.none) }
        #expect(try await read(first).tokens == ScriptedNetwork.answer(to: prompt(40, 1), 200))
        #expect(bench.finish() < 100_000)
        for (index, stream) in others.enumerated() {
            #expect(try await read(stream).tokens == ScriptedNetwork.answer(to: prompt(40, Int32(index + 2)), 200))
        }
    }

    /// Texts that begin alike read their common beginning once, though all of them come at the same time.
    @Test func beginningsAreSharedWhileTheyAreRead() async throws {
        let bench = SchedulerBench()
        let common = prompt(1000, 3)
        let streams = try (0..<32).map { try bench.put(common + [Int32($0), 1, 2], 4) }
        _ = bench.finish()
        var cached = 0
        for (index, stream) in streams.enumerated() {
            let (tokens, known) = try await read(stream)
            #expect(tokens == ScriptedNetwork.answer(to: common + [Int32(index), 1, 2], 4))
            cached += known
        }
        let rows = bench.network.log.steps.withLock { $0.reduce(0) { $0 + $1.rows } }
        // 31 full pages are read once; what is behind them by each.
        #expect(cached == 31 * 992 && rows == 992 + 32 * (11 + 3))
    }

    /// A long prompt is read in pieces that take no longer than is set while others are being continued.
    @Test func longPromptsLetOthersThrough() async throws {
        let bench = SchedulerBench { $0.promptDelay = 0.05 }
        let short = try (0..<8).map { try bench.put([Int32($0), 9], 300) }
        for _ in 0..<20 { _ = bench.scheduler.turn(.none) }
        let long = try bench.put(prompt(1900, 4), 1)
        let before = bench.network.log.steps.withLock(\.count)
        _ = bench.finish()
        // A row takes a millisecond here: 8 rows of texts being continued, and 50 of the prompt.
        let rows = bench.network.log.steps.withLock { $0.dropFirst(before).map(\.rows) }
        #expect((rows.max() ?? 0) <= 8 + 50 + 8, "\(rows.max() ?? 0)")
        // As soon as the pace is known the prompt takes all that it may, so it does not wait longer than it must.
        let pieces = rows.filter { $0 > 8 }.map { $0 - 8 }
        #expect(pieces.reduce(0, +) >= 1900)
        #expect(pieces.sorted().dropFirst(pieces.count / 2).first ?? 0 >= 40, "\(pieces)")
        #expect(try await read(long).tokens == ScriptedNetwork.answer(to: prompt(1900, 4), 1))
        for stream in short { _ = try await read(stream) }
    }

    /// Nobody reads: the text rests, others go on, and after a while it ends with an error.
    @Test func unreadTextsRest() async throws {
        let bench = SchedulerBench { $0.unreadSeconds = 0.5 }
        let unread = try bench.put([1, 2, 3], 500, unread: 20)
        let other = try bench.put([4, 5], 400)
        for _ in 0..<450 { _ = bench.scheduler.turn(.none) }
        #expect(try await read(other).tokens.count == 400)
        let late = try bench.put(prompt(1500, 5), 1)
        #expect(bench.finish() < 1000)
        _ = try await read(late)
        await #expect(throws: EngineError.unread(events: 1024, seconds: 0.5)) { try await read(unread) }
    }

    /// What led to values that are no numbers is not kept for others.
    @Test func damagedTextsAreNotKept() async throws {
        let bench = SchedulerBench()
        let text = prompt(1000, 6)
        bench.network.log.isBroken.store(true, ordering: .relaxed)
        let failed = try bench.put(text, 5)
        _ = bench.finish()
        await #expect(throws: EngineError.notFinite(model: "scripted")) { try await read(failed) }
        #expect(bench.pagesInUse == 0)
        bench.network.log.isBroken.store(false, ordering: .relaxed)
        let again = try bench.put(text, 5)
        _ = bench.finish()
        let (tokens, cached) = try await read(again)
        #expect(tokens == ScriptedNetwork.answer(to: text, 5) && cached == 0)
    }

    @Test func theQueueIsBounded() throws {
        let bench = SchedulerBench {
            $0.queuedRequests = 5
            $0.concurrentRequests = 2
        }
        var streams = try (0..<5).map { try bench.put([Int32($0)], 50) }
        #expect(throws: EngineError.busy(waiting: 5, limit: 5)) { try bench.put([1], 1) }
        _ = bench.scheduler.turn(.none)
        streams += try (0..<2).map { try bench.put([Int32($0)], 50) }
        #expect(throws: EngineError.busy(waiting: 5, limit: 5)) { try bench.put([1], 1) }
        streams = []
        _ = bench.scheduler.turn(.none)
        #expect(throws: Never.self) { for _ in 0..<5 { streams.append(try bench.put([1], 1)) } }
    }

    /// Leaving frees the place and the memory at the next step, though the text would go on for long.
    @Test func leavingEarlyFreesThePlace() async throws {
        let bench = SchedulerBench { ($0.concurrentRequests, $0.expressRequests) = (1, 0) }
        var stream: AsyncThrowingStream<GenerationEvent, any Error>? = try bench.put(prompt(100, 1), 1500)
        _ = bench.scheduler.turn(.none)
        let next = try bench.put([7], 3)
        for _ in 0..<4 { _ = bench.scheduler.turn(.none) }
        #expect(bench.scheduler.counts == (1, 1) && bench.pagesInUse == 4)
        _ = stream
        stream = nil
        for _ in 0..<4 { _ = bench.scheduler.turn(.none) }
        #expect(try await read(next).tokens == ScriptedNetwork.answer(to: [7], 3))
        #expect(bench.scheduler.counts == (0, 0))
    }
}
