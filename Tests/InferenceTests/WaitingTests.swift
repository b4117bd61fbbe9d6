import Decoding
import Testing
import Tokenization

@testable import Inference
@testable import Tensors

/// Who has its turn when, on a scripted network that is turned by hand.
@Suite struct WaitingTests {
    private func prompt(_ count: Int, _ seed: Int32) -> [Int32] { (0..<Int32(count)).map { ($0 * 5 + seed) & 63 } }

    /// Behind long answers that fill all places, a request for one token has its reply while they go on.
    @Test func whatIsSoonDoneNeedNotWait() async throws {
        let bench = SchedulerBench { $0.concurrentRequests = 8 }
        let long = try (0..<16).map { try bench.put([Int32($0), 3], 1000) }
        for _ in 0..<50 { _ = bench.scheduler.turn(.none) }
        #expect(bench.scheduler.counts == (8, 8))
        let short = try bench.put([7, 8, 9], 1)
        for _ in 0..<3 { _ = bench.scheduler.turn(.none) }
        try #require(bench.scheduler.counts == (8, 8))
        for try await _ in short {}
        _ = long
    }

    /// A client with many requests does not keep another one's waiting behind them.
    @Test func clientsTakeTurns() throws {
        let bench = SchedulerBench {
            $0.concurrentRequests = 2
            $0.expressRequests = 0
        }
        let many = try (0..<10).map { try bench.put([Int32($0), 3], 20, client: "many") }
        _ = bench.scheduler.turn(.none)
        let one = try bench.put([40, 41], 20, client: "one")
        for _ in 0..<100 where !bench.scheduler.idsInWork.contains(10) { _ = bench.scheduler.turn(.none) }
        #expect(bench.scheduler.idsInWork == [2, 10])
        _ = (many, one)
    }

    /// Short prompts overtake a long one, which is read all the same while they keep coming.
    @Test func shortPromptsOvertakeLongOnes() throws {
        let bench = SchedulerBench { $0.batchTokens = 64 }
        let running = try bench.put([1, 2], 1500)
        for _ in 0..<30 { _ = bench.scheduler.turn(.none) }
        let long = try bench.put(prompt(1500, 9), 1)
        for _ in 0..<2 { _ = bench.scheduler.turn(.none) }
        let short = try bench.put(prompt(20, 30), 1)
        for _ in 0..<2 { _ = bench.scheduler.turn(.none) }
        #expect(bench.scheduler.idsInWork == [0, 1])
        var later: [AsyncThrowingStream<GenerationEvent, any Error>] = []
        for seed in 0..<120 {
            later.append(try bench.put(prompt(40, Int32(seed)), 1))
            _ = bench.scheduler.turn(.none)
        }
        #expect(!bench.scheduler.idsInWork.contains(1))
        _ = (running, long, short, later)
    }

    /// A long source text, which is read whole, is read while others go on and while short ones keep coming.
    @Test func longSourcesAreRead() async throws {
        let bench = SchedulerBench(answerStart: [1]) { $0.batchTokens = 64 }
        let running = try bench.put([1, 2], 1500)
        for _ in 0..<30 { _ = bench.scheduler.turn(.none) }
        let long = try bench.put(prompt(500, 9), 1)
        var later: [AsyncThrowingStream<GenerationEvent, any Error>] = []
        for seed in 0..<120 {
            later.append(try bench.put(prompt(20, Int32(seed)), 1))
            _ = bench.scheduler.turn(.none)
        }
        #expect(bench.scheduler.idsInWork.contains(0) && !bench.scheduler.idsInWork.contains(1))
        _ = (running, long, later)
    }

    /// What an answer begins with was not generated.
    @Test func answersThatAreLeftAreCounted() throws {
        let bench = SchedulerBench(answerStart: [1, 2, 3])
        var stream: AsyncThrowingStream<GenerationEvent, any Error>? = try bench.put(prompt(10, 9), 100)
        for _ in 0..<5 { _ = bench.scheduler.turn(.none) }
        #expect(stream != nil && bench.scheduler.counts == (1, 0))
        stream = nil
        _ = bench.scheduler.turn(.none)
        #expect(bench.queue.board.current.cancelled == 1 && bench.queue.board.current.generatedTokens == 5)
    }

    @Test func waitingAndDeadlinesEnd() async throws {
        let bench = SchedulerBench {
            $0.concurrentRequests = 1
            $0.expressRequests = 0
            $0.waitingSeconds = 0.2
        }
        let running = try bench.put([1, 2], 1000)
        _ = bench.scheduler.turn(.none)
        let waiting = try bench.put([3, 4], 100)
        let late = try bench.put([5, 6], 1, deadline: bench.now + .milliseconds(50))
        for _ in 0..<400 { _ = bench.scheduler.turn(.none) }
        await #expect(throws: EngineError.waited(seconds: 0.2)) { for try await _ in waiting {} }
        await #expect(throws: EngineError.late) { for try await _ in late {} }
        #expect(bench.scheduler.counts == (1, 0) && bench.queue.waiting == 0)
        _ = running
    }

    /// A text goes on beyond the context: its beginning stays, some of the rest is forgotten, and the report says so.
    @Test func longAnswersForgetWhatIsOld() async throws {
        let bench = SchedulerBench(context: 100)
        let stream = try bench.put(prompt(40, 1), 200, overflow: .shift(keeping: 8))
        _ = bench.finish()
        var tokens: [Int32] = []
        var completion: Completion?
        for try await event in stream {
            if case .token(let token) = event { tokens.append(token.id) }
            if case .finished(let end) = event { completion = end }
        }
        // The same by hand: the script says what follows a text.
        var (text, expected): ([Int32], [Int32]) = (prompt(40, 1), [])
        while expected.count < 200 {
            let next = ScriptedNetwork.next(text)
            text.append(next)
            expected.append(next)
            if text.count == 100, expected.count < 200 { text.removeSubrange(8..<8 + 46) }
        }
        #expect(tokens == expected && completion?.completionTokens == 200 && completion?.finishReason == .length)
        #expect(completion?.omittedTokens == 46 * 4)
    }

    @Test func promptsLoseTheirMiddle() {
        var request = GenerationRequest(prompt: Array(0..<100), maximumTokens: 10)
        #expect(request.fitted(to: 60).omitted == 0)
        request.overflow = .truncate(keeping: 5)
        let (fitted, omitted) = request.fitted(to: 60)
        #expect(fitted.prompt == Array(0..<5) + Array(55..<100) && omitted == 50)
    }

    /// Guesses change no token, and right ones save steps.
    @Test func guessesChangeNothing() async throws {
        var counts: [Int] = []
        for drafts in [0, 6] {
            let bench = SchedulerBench(repeats: 9) { $0.lookupTokens = drafts }
            let streams = try (0..<2).map { try bench.put(prompt(50, Int32($0)), 120) }
            _ = bench.finish()
            for (index, stream) in streams.enumerated() {
                var tokens: [Int32] = []
                var completion: Completion?
                for try await event in stream {
                    if case .token(let token) = event { tokens.append(token.id) }
                    if case .finished(let end) = event { completion = end }
                }
                var text = prompt(50, Int32(index))
                for _ in 0..<120 { text.append(ScriptedNetwork.next(text, repeats: 9)) }
                #expect(tokens == Array(text.dropFirst(50)))
                #expect(drafts == 0 || (completion?.acceptedTokens ?? 0) > 30)
            }
            counts.append(bench.network.log.steps.withLock(\.count))
        }
        #expect(counts[1] < counts[0] * 2 / 3, "\(counts)")
    }
}
