import Foundation
import Testing

@testable import Decoding

/// What samplers leave of fixed logits equals what llama.cpp's leave; `scripts/make_sampler_fixtures.py` wrote that down. The
/// tolerance of probabilities is 1e-5.
@Suite struct SamplerReferenceTests {
    struct Draw: Decodable {
        /// Token and logit of each that could be drawn.
        var kept: [[Float]]
        var token: Int32
    }

    struct Fixture: Decodable {
        var logits: [Float]
        var history: [Int32]
        var breaker: Int32
        var cases: [String: [[Float]]]
        var learning: [String: [Draw]]
    }

    let fixture: Fixture

    init() throws {
        let file = try #require(Bundle.module.url(forResource: "Fixtures/samplers", withExtension: "json"))
        fixture = try JSONDecoder().decode(Fixture.self, from: Data(contentsOf: file))
    }

    /// Probabilities by token.
    private func shares(_ candidates: some Sequence<(Int32, Float)>) -> [Int32: Double] {
        let all = Array(candidates)
        let best = all.map(\.1).max() ?? 0
        let total = all.reduce(0) { $0 + exp(Double($1.1 - best)) }
        return Dictionary(uniqueKeysWithValues: all.map { ($0.0, exp(Double($0.1 - best)) / total) })
    }

    private func isClose(_ found: [Candidate], _ expected: [[Float]]) -> Bool {
        let (ours, theirs) = (
            shares(found.map { ($0.id, $0.logit) }), shares(expected.map { (Int32($0[0]), $0[1]) })
        )
        return ours.count == theirs.count && theirs.allSatisfy { abs((ours[$0.key] ?? -1) - $0.value) < 1e-5 }
    }

    private static let cases: [(String, @Sendable (inout SamplingParameters) -> Void)] = [
        ("top_n_sigma 1", { ($0.steps, $0.topNSigma) = ([.topNSigma], 1) }),
        ("top_n_sigma 0.3", { ($0.steps, $0.topNSigma) = ([.topNSigma], 0.3) }),
        ("xtc 0.05", { ($0.steps, $0.xtcProbability, $0.xtcThreshold) = ([.xtc], 1, 0.05) }),
        ("xtc 0.2", { ($0.steps, $0.xtcProbability, $0.xtcThreshold) = ([.xtc], 1, 0.2) }),
        ("temperature 0.7", { $0.temperature = 0.7 }),
        ("dynatemp 1 0.5 1", { ($0.temperature, $0.temperatureRange) = (1, 0.5) }),
        (
            "dynatemp 0.8 0.8 2",
            { ($0.temperature, $0.temperatureRange, $0.temperatureExponent) = (0.8, 0.8, 2) }
        ),
        ("typ_p 0.5", { $0.typicalP = 0.5 }), ("top_p 0.7", { $0.topP = 0.7 }), ("min_p 0.2", { $0.minP = 0.2 }),
        (
            "penalties",
            { ($0.repetitionPenalty, $0.frequencyPenalty, $0.presencePenalty) = (1.3, 0.4, 0.2) }
        ),
        ("dry 0.8 1.75 2", { $0.dryMultiplier = 0.8 }),
        (
            "dry 0.5 2 1 window 9",
            { ($0.dryMultiplier, $0.dryBase, $0.dryAllowedLength, $0.dryWindow) = (0.5, 2, 1, 9) }
        ),
        ("dry with a breaker", { $0.dryMultiplier = 0.8 }),
        (
            "top_k 20, temperature 1.5, min_p 0.1, xtc 0.1",
            {
                $0.steps = [.topK, .temperature, .minP, .xtc]
                ($0.topK, $0.temperature, $0.minP, $0.xtcProbability, $0.xtcThreshold) = (20, 1.5, 0.1, 1, 0.1)
            }
        ),
        ("top_p 0.9, typ_p 0.8", { ($0.steps, $0.topP, $0.typicalP) = ([.topP, .typical], 0.9, 0.8) }),
    ]

    @Test(arguments: cases.indices) func equalsLlamaCpp(_ index: Int) throws {
        let (name, change) = Self.cases[index]
        var parameters = SamplingParameters.neutral
        change(&parameters)
        let breaker = fixture.breaker
        var sampler = Sampler(parameters) { $0 == breaker }
        let history =
            name == "dry with a breaker"
            ? [5, 9, 12, 7, breaker, 9, 12, 30, 5, 9, 12, 7, breaker, 9, 12] : fixture.history
        let found = fixture.logits.withUnsafeBufferPointer { sampler.candidates($0, sampler.activeSteps[...], history) }
        #expect(isClose(found, try #require(fixture.cases[name])), "\(name): \(found.count)")
    }

    @Test func mirostatLearnsAsLlamaCppDoes() throws {
        var first = Mirostat(.first)
        (first.target, first.rate) = (3, 0.2)
        var second = Mirostat(.second)
        (second.target, second.rate) = (2, 0.3)
        for (name, settings) in [("mirostat 1", first), ("mirostat 2", second)] {
            var state = MirostatState(settings)
            for (step, draw) in try #require(fixture.learning[name]).enumerated() {
                let logits = fixture.logits.map { $0 * (1 + 0.2 * Float(step)) }
                var candidates = logits.withUnsafeBufferPointer { CandidateSelection.all($0) }
                state.restrict(&candidates, vocabularySize: logits.count)
                #expect(isClose(candidates, draw.kept), "\(name), \(step): \(candidates.count)")
                state.accept(draw.token, of: candidates)
            }
        }
    }

    @Test func adaptiveSamplingLearnsAsLlamaCppDoes() throws {
        var parameters = SamplingParameters.neutral
        (parameters.adaptiveTarget, parameters.adaptiveDecay) = (0.3, 0.8)
        var state = try #require(AdaptiveState(parameters))
        for (step, draw) in try #require(fixture.learning["adaptive_p"]).enumerated() {
            let logits = fixture.logits.map { $0 * (1 + 0.2 * Float(step)) }
            let candidates = logits.withUnsafeBufferPointer { CandidateSelection.all($0) }
            #expect(isClose(state.transformed(candidates), draw.kept), "step \(step)")
            state.accept(draw.token, of: candidates)
        }
    }

    /// Whatever the order, the ways through the vocabulary agree, and a draw is one of what is left.
    @Test func quickWaysEqualTheLongOne() {
        var parameters = SamplingParameters.neutral
        (parameters.topK, parameters.topP, parameters.minP, parameters.temperature) = (12, 0.9, 0.02, 0.7)
        var plain = Sampler(parameters)
        let left = fixture.logits.withUnsafeBufferPointer { plain.candidates($0, parameters.steps[...], []) }
        let allowed = Set(left.map(\.id))
        var drawn = Set<Int32>()
        for _ in 0..<3000 {
            var logits = fixture.logits
            drawn.insert(logits.withUnsafeMutableBufferPointer { plain.sample($0, history: []) })
        }
        #expect(drawn.isSubset(of: allowed) && drawn.count >= left.prefix { $0.logit > left[0].logit - 5 }.count)
        for change: @Sendable (inout SamplingParameters) -> Void in [
            { $0.mirostat = Mirostat(.first) }, { $0.mirostat = Mirostat() }, { $0.adaptiveTarget = 0.4 },
            { ($0.xtcProbability, $0.dryMultiplier) = (0.5, 1) }, { $0.steps = [] }, { $0.topNSigma = 2 },
            { ($0.temperature, $0.temperatureRange) = (0, 1) },
        ] {
            var changed = parameters
            change(&changed)
            var sampler = Sampler(changed)
            for _ in 0..<50 {
                // A constraint leaves two.
                var logits = fixture.logits.enumerated().map {
                    $0.offset == 3 || $0.offset == 8 ? $0.element : -.infinity
                }
                let token = logits.withUnsafeMutableBufferPointer { sampler.sample($0, history: [1, 2, 1, 2]) }
                #expect(token == 3 || token == 8)
            }
        }
    }

    @Test func stepsHaveLlamaCppsNames() {
        #expect(SamplingStep(name: "typical") == .typical && SamplingStep(name: "top-k") == .topK)
        #expect(SamplingStep(name: "temp") == .temperature && SamplingStep(name: "wow") == nil)
        #expect(RepetitionGuard.matches([1, 2, 1, 2, 1, 3]) == [0, 0, 3, 0, 1, 0])
    }
}
