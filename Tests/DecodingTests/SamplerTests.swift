import Foundation
import Testing

@testable import Decoding

@Suite struct SamplerTests {
    /// Probabilities .4, .3, .15, .1, .05 in an order that is not sorted.
    private static let probabilities: [Float] = [0.1, 0.4, 0.05, 0.3, 0.15]
    private static let logits = probabilities.map { log($0) + 3 }

    private func shares(_ change: (inout SamplingParameters) -> Void, draws: Int = 20_000) -> [Double] {
        var parameters = SamplingParameters.neutral
        parameters.seed = 1
        change(&parameters)
        var sampler = Sampler(parameters)
        var counts = [Int](repeating: 0, count: Self.logits.count)
        for _ in 0..<draws {
            var logits = Self.logits
            counts[Int(logits.withUnsafeMutableBufferPointer { sampler.sample($0, history: []) })] += 1
        }
        return counts.map { Double($0) / Double(draws) }
    }

    /// Four standard errors of a share of 20,000 draws are below 0.015.
    private func expect(_ shares: [Double], _ expected: [Double], _ name: Comment) {
        #expect(zip(shares, expected).allSatisfy { abs($0 - $1) < ($1 == 0 ? 1e-9 : 0.015) }, name)
    }

    @Test func plainSamplingFollowsTheDistribution() {
        expect(shares { _ in }, Self.probabilities.map(Double.init), "plain")
    }

    @Test func truncations() {
        expect(shares { $0.topK = 2 }, [0, 4 / 7, 0, 3 / 7, 0], "top-k 2")
        expect(shares { $0.topK = 1 }, [0, 1, 0, 0, 0], "top-k 1")
        expect(shares { $0.topP = 0.69 }, [0, 4 / 7, 0, 3 / 7, 0], "top-p below the sum of two")
        expect(shares { $0.topP = 0.72 }, [0, 0.4 / 0.85, 0, 0.3 / 0.85, 0.15 / 0.85], "top-p above the sum of two")
        expect(shares { $0.minP = 0.3 }, [0, 0.4 / 0.85, 0, 0.3 / 0.85, 0.15 / 0.85], "min-p")
        // After top-k 3 the shares are .47, .35, .18: only the first two reach .8.
        expect(
            shares {
                $0.topK = 3; $0.topP = 0.8
            }, [0, 4 / 7, 0, 3 / 7, 0], "top-k then top-p")
    }

    /// The entropy is 1.39 nats; the distances of the information from it are .91, .48, 1.60, .19, .50.
    @Test func typical() {
        expect(shares { $0.typicalP = 0.25 }, [0, 0, 0, 1, 0], "the nearest alone has .3")
        expect(shares { $0.typicalP = 0.6 }, [0, 4 / 7, 0, 3 / 7, 0], "the two nearest")
        expect(shares { $0.typicalP = 0.8 }, [0, 0.4 / 0.85, 0, 0.3 / 0.85, 0.15 / 0.85], "the three nearest")
    }

    @Test func temperature() {
        let squared = Self.probabilities.map { Double($0 * $0) }
        expect(shares { $0.temperature = 0.5 }, squared.map { $0 / squared.reduce(0, +) }, "temperature 0.5 squares")
        expect(shares { $0.temperature = 0 }, [0, 1, 0, 0, 0], "temperature 0 is greedy")
    }

    @Test func biasAndPenalties() {
        func greedy(history: [Int32], _ change: (inout SamplingParameters) -> Void) -> (Int32, [Float]) {
            var parameters = SamplingParameters.greedy
            change(&parameters)
            var sampler = Sampler(parameters)
            var logits: [Float] = [1, 2, -1, 1.5]
            let id = logits.withUnsafeMutableBufferPointer { sampler.sample($0, history: history) }
            return (id, logits)
        }
        #expect(greedy(history: []) { $0.logitBias = [0: 5, 99: 7, -1: 7] } == (0, [6, 2, -1, 1.5]))
        #expect(greedy(history: [1, 2]) { $0.repetitionPenalty = 2 } == (3, [1, 1, -2, 1.5]))
        #expect(greedy(history: [1, 1, 3]) { $0.frequencyPenalty = 0.5 } == (0, [1, 1, -1, 1]))
        #expect(greedy(history: [1, 1, 3]) { $0.presencePenalty = 0.25 } == (1, [1, 1.75, -1, 1.25]))
        #expect(
            greedy(history: [1, 3, 3]) {
                $0.presencePenalty = 1; $0.penaltyWindow = 2
            } == (1, [1, 2, -1, 0.5]))
    }

    @Test func seedsReproduce() {
        func draws(_ seed: UInt64) -> [Int32] {
            var parameters = SamplingParameters.neutral
            parameters.seed = seed
            var sampler = Sampler(parameters)
            return (0..<50).map { _ in
                var logits = Self.logits
                return logits.withUnsafeMutableBufferPointer { sampler.sample($0, history: []) }
            }
        }
        #expect(draws(7) == draws(7))
        #expect(draws(7) != draws(8))
    }

    /// Every way of finding the best agrees with sorting everything, also with many equal logits.
    @Test(arguments: [1, 2, 5, 40, 64, 999, 1000, 2000])
    func selectionEqualsSorting(count: Int) {
        var generator = SeededGenerator(seed: 3)
        let logits = (0..<1000).map { _ in Float(Int.random(in: -50...50, using: &generator)) / 8 }
        let sorted = logits.enumerated().sorted { ($1.element, $0.offset) < ($0.element, $1.offset) }.map(\.offset)
        logits.withUnsafeBufferPointer { buffer in
            #expect(CandidateSelection.best(count, of: buffer).map { Int($0.id) } == Array(sorted.prefix(count)))
            for mass: Float in [0.1, 0.5, 0.9, 0.999] {
                let weights = sorted.map { exp(Double(logits[$0])) }
                let total = weights.reduce(0, +)
                let nucleus = CandidateSelection.nucleus(mass, of: buffer)
                #expect(nucleus.map { Int($0.id) } == Array(sorted.prefix(nucleus.count)))
                #expect(weights.prefix(nucleus.count).reduce(0, +) >= (Double(mass) - 1e-4) * total)
                #expect(weights.prefix(nucleus.count - 1).reduce(0, +) <= (Double(mass) + 1e-4) * total)
            }
        }
    }
}

extension SamplingParameters {
    /// Nothing but the model's own distribution.
    static var neutral: SamplingParameters {
        var parameters = SamplingParameters()
        (parameters.topK, parameters.topP, parameters.minP, parameters.temperature) = (0, 1, 0, 1)
        return parameters
    }
}
