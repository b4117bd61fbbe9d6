import Decoding
import Foundation
import Testing
import Tokenization

@testable import Inference
@testable import Tensors

/// A draft model that guesses ahead, on scripted networks: what comes out is what comes without it.
@Suite struct DraftTests {
    private func prompt(_ count: Int, _ seed: Int32) -> [Int32] { (0..<Int32(count)).map { ($0 * 5 + seed) & 63 } }

    private func read(
        _ stream: AsyncThrowingStream<GenerationEvent, any Error>
    ) async throws -> (tokens: [Int32], completion: Completion?) {
        var (tokens, completion): ([Int32], Completion?) = ([], nil)
        for try await event in stream {
            if case .token(let token) = event { tokens.append(token.id) }
            if case .finished(let end) = event { completion = end }
        }
        return (tokens, completion)
    }

    /// Guesses that are always, often and never right: the answer is the same, the steps fewer the more are right.
    @Test(arguments: [1, 2]) func guessesChangeNothing(texts: Int) async throws {
        var steps: [Int] = []
        for mistakes in [0, 4, 16] {
            let bench = SchedulerBench(draft: ScriptedNetwork(mistakes: mistakes))
            let streams = try (0..<texts).map { try bench.put(prompt(50, Int32($0)), 120) }
            _ = bench.finish()
            for (index, stream) in streams.enumerated() {
                let (tokens, completion) = try await read(stream)
                #expect(tokens == ScriptedNetwork.answer(to: prompt(50, Int32(index)), 120))
                let (drafted, accepted) = (completion?.draftedTokens ?? 0, completion?.acceptedTokens ?? 0)
                #expect(drafted > 0 && (mistakes > 0 || accepted == drafted) && accepted <= drafted)
            }
            steps.append(bench.network.log.steps.withLock(\.count))
            bench.scheduler.forgetPrefixes()
            #expect(bench.scheduler.byteCount == 0)
        }
        // 120 tokens, of one text seven at a time, of two three.
        #expect(steps[0] <= (texts == 1 ? 22 : 45) && steps[0] < steps[1] && steps[1] < steps[2], "\(steps)")
        // What is never right is soon no longer tried.
        #expect(steps[2] <= 125)
    }

    /// Where guesses do not pay the draft model is left alone but for a try now and then.
    @Test func whatDoesNotPayIsNotDone() async throws {
        let bench = SchedulerBench(draft: ScriptedNetwork(mistakes: 16))
        let stream = try bench.put(prompt(50, 3), 600)
        _ = bench.finish()
        let completion = try await read(stream).completion
        #expect(try (#require(completion).draftedTokens) < 60, "\(completion?.draftedTokens ?? 0)")
    }

    /// Requests come and go at random, some without guesses, with memory for a few: every answer is right, and no page is lost.
    @Test(arguments: 0..<8) func randomArrivalsAndCancellations(seed: Int) async throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let pages = Int.random(in: 12...60, using: &random)
        let bench = SchedulerBench(pages: pages, context: 320, draft: ScriptedNetwork(mistakes: seed)) {
            $0.concurrentRequests = Int.random(in: 1...4, using: &random)
            $0.batchTokens = Int.random(in: 12...80, using: &random)
            $0.lookupTokens = seed % 3
        }
        var expected: [([Int32], AsyncThrowingStream<GenerationEvent, any Error>)] = []
        var count = 0
        while count < 30 || bench.scheduler.counts != (0, 0) {
            if count < 30, Int.random(in: 0..<20, using: &random) == 0 {
                count += 1
                let text = prompt(Int.random(in: 1...200, using: &random), Int32.random(in: 0...2, using: &random))
                let tokens = Int.random(in: 1...100, using: &random)
                let guesses = Int.random(in: 0...7, using: &random)
                let stream = try bench.put(text, tokens, draftTokens: guesses == 7 ? nil : guesses)
                if Int.random(in: 0..<3, using: &random) > 0 {
                    expected.append((ScriptedNetwork.answer(to: text, tokens), stream))
                }
            }
            _ = bench.scheduler.turn(.none)
            #expect(bench.scheduler.byteCount <= bench.network.layout.pageBytes * pages)
        }
        for (answer, stream) in expected { #expect(try await read(stream).tokens == answer) }
        bench.scheduler.forgetPrefixes()
        #expect(bench.scheduler.byteCount == 0)
    }

    /// A text that goes on beyond its context forgets a part, and so does what the draft model knows of it.
    @Test func longAnswersForgetWhatIsOld() async throws {
        let plain = SchedulerBench(context: 100)
        let drafted = SchedulerBench(context: 100, draft: ScriptedNetwork())
        let streams = try [plain, drafted].map { try $0.put(prompt(40, 1), 200, overflow: .shift(keeping: 8)) }
        _ = (plain.finish(), drafted.finish())
        #expect(try await read(streams[0]).tokens == read(streams[1]).tokens)
    }

    /// Others go on in the same batch, and a long text is read by the draft model in pieces.
    @Test func othersGoOn() async throws {
        let bench = SchedulerBench(draft: ScriptedNetwork()) { $0.batchTokens = 64 }
        let long = try bench.put(prompt(900, 1), 100)
        for _ in 0..<30 { _ = bench.scheduler.turn(.none) }
        let others = try (0..<5).map { try bench.put(prompt(30, Int32($0)), 30) }
        _ = bench.finish()
        for (index, stream) in others.enumerated() {
            #expect(try await read(stream).tokens == ScriptedNetwork.answer(to: prompt(30, Int32(index)), 30))
        }
        let (tokens, completion) = try await read(long)
        #expect(tokens == ScriptedNetwork.answer(to: prompt(900, 1), 100))
        #expect(completion?.acceptedTokens ?? 0 > 0)
        let rows = try #require(bench.draft).log.steps.withLock { $0.map(\.rows) }
        #expect(rows.max() ?? 0 <= 64, "\(rows)")
    }

    /// The logits behind each of six tokens, those of the draft model other ones.
    @Sendable private static func chances(_ token: Int32, of other: Bool) -> [Float] {
        var random = SeededGenerator(seed: UInt64(token) + 1)
        let own = (0..<6).map { _ in Float.random(in: -1.5...1.5, using: &random) }
        let noise = (0..<6).map { _ in Float.random(in: -1.5...1.5, using: &random) }
        return (0..<64).map { $0 >= 6 ? -.infinity : own[$0] + (other ? noise[$0] : 0) }
    }

    /// What follows each token follows as often as the model says, though a draft model that says otherwise has guessed it: a
    /// chi-square test over all pairs, 30 degrees of freedom, of which 80 is exceeded once in 500,000 times.
    @Test(arguments: [false, true]) func sampledAnswersHaveTheModelsDistribution(isTruncated: Bool) async throws {
        let bench = SchedulerBench(
            pages: 4000, network: ScriptedNetwork(chances: { Self.chances($0, of: false) }),
            draft: ScriptedNetwork(chances: { Self.chances($0, of: true) })
        ) { $0.draftConfidence = 0.25 }
        var sampling = SamplingParameters()
        (sampling.topK, sampling.topP, sampling.minP, sampling.temperature) =
            isTruncated ? (4, 0.9, 0, 0.7) : (0, 1, 0, 1)
        var counts = [[Double]](repeating: [Double](repeating: 0, count: 6), count: 6)
        var (drafted, accepted) = (0, 0)
        for first in 0..<6 {
            let stream = try bench.put([Int32(first)], 1900, sampling: sampling)
            _ = bench.finish()
            let (tokens, completion) = try await read(stream)
            for (token, next) in zip([Int32(first)] + tokens, tokens) { counts[Int(token)][Int(next)] += 1 }
            drafted += completion?.draftedTokens ?? 0
            accepted += completion?.acceptedTokens ?? 0
        }
        #expect(drafted > 5000 && accepted > drafted / 3 && accepted < drafted * 9 / 10, "\(drafted) \(accepted)")
        func distance(_ other: Bool) -> Double {
            counts.indices.reduce(0.0) { sum, token in
                let total = counts[token].reduce(0, +)
                let expected = Self.probabilities(Self.chances(Int32(token), of: other), sampling)
                return sum
                    + zip(counts[token], expected).reduce(0.0) { sum, pair in
                        let expected = pair.1 * total
                        return expected > 0
                            ? sum + (pair.0 - expected) * (pair.0 - expected) / expected
                            : pair.0 > 0 ? .infinity : sum
                    }
            }
        }
        #expect(distance(false) < 80, "\(distance(false))")
        // The test would see the draft model's distribution, or a tenth of it.
        #expect(distance(true) > 4000, "\(distance(true))")
    }

    /// By the definitions, of six logits.
    private static func probabilities(_ logits: [Float], _ sampling: SamplingParameters) -> [Double] {
        func softmax(_ values: [Double]) -> [Double] {
            let weights = values.map { exp($0) }
            return weights.map { $0 / weights.reduce(0, +) }
        }
        var order = (0..<6).sorted { logits[$0] > logits[$1] }
        if sampling.topK > 0 { order = Array(order.prefix(sampling.topK)) }
        var kept: [Int] = []
        var mass = 0.0
        for (place, share) in softmax(order.map { Double(logits[$0]) }).enumerated() where Float(mass) < sampling.topP {
            kept.append(order[place])
            mass += share
        }
        let shares = softmax(kept.map { Double(logits[$0] / sampling.temperature) })
        return (0..<6).map { token in kept.firstIndex(of: token).map { shares[$0] } ?? 0 }
    }
}
