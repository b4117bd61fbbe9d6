import Foundation
import Testing

@testable import Decoding

/// Speculative sampling: whatever another distribution proposes, what is taken has the sampler's own.
@Suite struct ProposalTests {
    private static let logits: [Float] = [1.0, 2.2, 0.1, 1.9, 1.2, -0.5, 0.4, -2]
    private static let others: [Float] = [2.0, 0.3, 0.2, 2.1, -1.2, 0.9, 0.4, -3]
    private static let settings: [(String, @Sendable (inout SamplingParameters) -> Void)] = [
        ("neutral", { _ in }), ("temperature", { $0.temperature = 0.5 }), ("top-k", { $0.topK = 3 }),
        ("top-p", { $0.topP = 0.7 }), ("min-p", { $0.minP = 0.2 }), ("typical", { $0.typicalP = 0.6 }),
        ("top-n-sigma", { $0.topNSigma = 1 }),
        ("xtc", { ($0.xtcProbability, $0.xtcThreshold) = (0.5, 0.15) }),
        ("dynamic", { ($0.temperature, $0.temperatureRange) = (1, 0.8) }),
        ("bias", { $0.logitBias = [1: -1, 6: 2] }),
        ("penalties", { ($0.repetitionPenalty, $0.presencePenalty) = (1.5, 0.5) }),
        ("mirostat", { $0.mirostat = Mirostat() }), ("adaptive", { $0.adaptiveTarget = 0.3 }),
        ("usual", { $0 = SamplingParameters() }),
    ]
    private static let draws = 30_000

    private func parameters(_ change: (inout SamplingParameters) -> Void) -> SamplingParameters {
        var parameters = SamplingParameters.neutral
        change(&parameters)
        return parameters
    }

    /// How often each token is taken, first without proposals, then with those of another distribution, and how often those are.
    private func counts(_ parameters: SamplingParameters, seed: UInt64) -> (plain: [Int], proposed: [Int], taken: Int) {
        let history: [Int32] = [1, 3, 3, 7]
        var (plain, proposed, taken) = ([Int](repeating: 0, count: 8), [Int](repeating: 0, count: 8), 0)
        let initial = Sampler(parameters)
        var (generator, other) = (SeededGenerator(seed: seed), SeededGenerator(seed: seed + 1))
        for _ in 0..<Self.draws {
            // What a sampler learns would make later draws others than the first.
            var sampler = initial
            sampler.generator = generator
            var logits = Self.logits
            plain[Int(logits.withUnsafeMutableBufferPointer { sampler.sample($0, history: history) })] += 1
            generator = sampler.generator

            var proposing = initial.proposing()
            proposing.generator = other
            var others = Self.others
            let proposal = others.withUnsafeMutableBufferPointer { proposing.propose($0, history: history) }
            other = proposing.generator
            sampler = initial
            sampler.generator = generator
            logits = Self.logits
            let token = logits.withUnsafeMutableBufferPointer {
                sampler.sample($0, history: history, proposal: proposal)
            }
            generator = sampler.generator
            proposed[Int(token)] += 1
            taken += token == proposal.id ? 1 : 0
        }
        return (plain, proposed, taken)
    }

    /// Of 7 degrees of freedom 29.9 is exceeded once in 10,000 times; the seed is fixed.
    private func chiSquare(_ a: [Int], _ b: [Int]) -> Double {
        zip(a, b).reduce(0.0) { sum, pair in
            guard pair.0 + pair.1 > 0 else { return sum }
            let difference = Double(pair.0 - pair.1)
            return sum + difference * difference / Double(pair.0 + pair.1)
        }
    }

    @Test(arguments: settings.indices) func whatIsTakenHasTheSamplersDistribution(index: Int) {
        let (name, change) = Self.settings[index]
        let (plain, proposed, taken) = counts(parameters(change), seed: UInt64(100 + index))
        #expect(chiSquare(plain, proposed) < 29.9, "\(name): \(plain) \(proposed)")
        // The share that two distributions have in common is taken, which is more than by chance.
        #expect(taken > Self.draws / 3, "\(name): \(taken)")
    }

    /// As often as can be: the sum of what is common to both.
    @Test func proposalsAreTakenAsOftenAsCanBe() {
        func probabilities(_ logits: [Float]) -> [Double] {
            let weights = logits.map { exp(Double($0)) }
            return weights.map { $0 / weights.reduce(0, +) }
        }
        let common = zip(probabilities(Self.logits), probabilities(Self.others)).map(min).reduce(0, +)
        let taken = Double(counts(parameters { _ in }, seed: 7).taken) / Double(Self.draws)
        // A little more: what is drawn instead may be the same by chance, but never of what was proposed too often.
        #expect(abs(taken - common) < 0.012, "\(taken) \(common)")
    }

    @Test func certaintyDrawsNothing() {
        var sampler = Sampler(parameters { $0.temperature = 0 })
        var proposing = sampler.proposing()
        for (own, other) in [(Self.logits, Self.others), (Self.logits, Self.logits)] {
            var (logits, others) = (own, other)
            let proposal = others.withUnsafeMutableBufferPointer { proposing.propose($0, history: []) }
            #expect(
                logits.withUnsafeMutableBufferPointer { sampler.sample($0, history: [], proposal: proposal) } == 1)
        }
    }

    /// With a seed the same logits propose what will be drawn.
    @Test func seedsProposeWhatWillBeDrawn() {
        for (name, change) in Self.settings {
            var parameters = parameters(change)
            parameters.seed = 11
            var sampler = Sampler(parameters)
            var proposing = sampler.proposing()
            for _ in 0..<50 {
                var (logits, others) = (Self.logits, Self.logits)
                let proposal = others.withUnsafeMutableBufferPointer { proposing.propose($0, history: [3]) }
                #expect(
                    logits.withUnsafeMutableBufferPointer { sampler.sample($0, history: [3]) } == proposal.id,
                    "\(name)")
            }
        }
    }
}
