import Foundation
import Inference
import JSONValues
import Testing

@Suite struct SteeringTests {
    private static let folder = Bundle.module.bundleURL.appending(path: "Fixtures")

    private func engine() throws -> Engine {
        Engine(model: try LanguageModel.load(Self.folder.appending(path: "tiny.gguf").path))
    }

    private func scores(_ request: GenerationRequest, _ engine: Engine) async throws -> [TokenScore] {
        for try await event in engine.generate(request) { if case .prompt(let scores) = event { return scores } }
        return []
    }

    /// transformers with the same weights and the logarithms of the factors in its mask, to 2e-3 of log-probabilities down to
    /// -15 (scripts/make_steering_fixture.py).
    @Test func suppressionIsThatOfTheReference() async throws {
        let engine = try engine()
        let data = try Data(contentsOf: Self.folder.appending(path: "steering.json"))
        let fixture = try JSON(parsing: Array(data), source: "steering.json")
        let prompt = (fixture["prompt"]?.arrayValue ?? []).compactMap { $0.intValue.map(Int32.init) }
        let cases = fixture["cases"]?.arrayValue ?? []
        #expect(prompt.count == 40 && cases.count == 5)
        for entry in cases {
            var request = GenerationRequest(prompt: prompt, maximumTokens: 0, logProbabilities: 0, scoresPrompt: true)
            request.attention = (entry["controls"]?.arrayValue ?? []).map { control in
                AttentionControl(
                    tokens: (control[0]?.intValue ?? 0)..<(control[1]?.intValue ?? 0),
                    factor: Float(control[2]?.doubleValue ?? 0))
            }
            let found = try await scores(request, engine).dropFirst().map { Double($0.logProbability ?? 0) }
            let expected = (entry["logprobs"]?.arrayValue ?? []).compactMap(\.doubleValue)
            #expect(found.count == expected.count)
            for (value, reference) in zip(found, expected) { #expect(abs(value - reference) < 2e-3) }
        }
        // By how much the end's probability falls without the first part is that part's importance.
        func sum(_ index: Int) -> Double {
            (cases[index]["logprobs"]?.arrayValue ?? []).suffix(20).compactMap(\.doubleValue).reduce(0, +)
        }
        let importance = try await engine.importance(
            of: [3..<7], in: Array(prompt.prefix(20)), for: Array(prompt.suffix(20)))
        #expect(abs(Double(importance[0]) - (sum(0) - sum(1))) < 2e-2)
    }

    /// What a steered text has computed is not taken for what others that begin alike compute, and nor the other way round.
    @Test func steeredTextsShareNothing() async throws {
        let engine = try engine()
        let prompt = engine.model.tokenizer.encode(String(repeating: "in the end or at the end, ", count: 6))
        func answer(_ factor: Float?, _ engine: Engine) async throws -> (tokens: [Int32], cached: Int) {
            var request = GenerationRequest(
                prompt: prompt, sampling: .greedy, maximumTokens: 12, ignoresEndOfGeneration: true)
            if let factor { request.attention = [AttentionControl(tokens: 4..<30, factor: factor)] }
            var (tokens, cached): ([Int32], Int) = ([], 0)
            for try await event in engine.generate(request) {
                if case .token(let token) = event { tokens.append(token.id) }
                if case .finished(let completion) = event { cached = completion.cachedTokens }
            }
            return (tokens, cached)
        }
        let plain = try await answer(nil, engine).tokens
        let steered = try await answer(0.05, engine)
        #expect(steered.cached == 0 && steered.tokens != plain)
        #expect(try await answer(nil, engine).tokens == plain)
        let other = try self.engine()
        #expect(try await answer(0.05, other).tokens == steered.tokens)
        let second = try await answer(nil, other)
        #expect(second.tokens == plain && second.cached == 0)
        #expect(try await answer(1, other).tokens == plain)
    }

    @Test func wrongControlsAreRefused() async throws {
        let engine = try engine()
        for control in [
            AttentionControl(tokens: 0..<4, factor: 1), .init(tokens: 0..<1, factor: -1),
            .init(tokens: 0..<1, factor: .infinity),
        ] {
            var request = GenerationRequest(prompt: [70, 71], maximumTokens: 1)
            request.attention = [control]
            await #expect(throws: EngineError.self) { for try await _ in engine.generate(request) {} }
        }
    }

    /// The entropy is that of the probabilities of all tokens.
    @Test func entropyIsThatOfAllTokens() async throws {
        let engine = try engine()
        let request = GenerationRequest(
            prompt: [70, 259, 90], maximumTokens: 0, logProbabilities: 300, scoresPrompt: true)
        let score = try #require(try await scores(request, engine).last)
        let entropy = score.alternatives.reduce(0.0) { $0 - Double($1.logProbability) * exp(Double($1.logProbability)) }
        #expect(score.alternatives.count == 300 && abs(Double(score.entropy ?? 0) - entropy) < 1e-4)
    }

    /// Controls are of the prompt as it is given, of which healing takes the last tokens away.
    @Test func promptsAreHealedAfterwards() async throws {
        let engine = try engine()
        let prompt = engine.model.tokenizer.encode("In the end it was the beginni")
        func answer(_ controls: [AttentionControl]) async throws -> [Int32] {
            var request = GenerationRequest(prompt: prompt, sampling: .greedy, maximumTokens: 6)
            (request.attention, request.healsPrompt) = (controls, true)
            var tokens: [Int32] = []
            for try await event in engine.generate(request) {
                if case .token(let token) = event { tokens.append(token.id) }
            }
            return tokens
        }
        let whole = AttentionControl(tokens: 2..<prompt.count, factor: 0.05)
        let last = AttentionControl(tokens: prompt.count - 1..<prompt.count, factor: 0.05)
        // What is said again is not there to be changed.
        #expect(try await answer([last]) == answer([]))
        #expect(try await answer([whole]) == answer([whole, last]))
        let beyond = AttentionControl(tokens: 2..<prompt.count + 1, factor: 0.05)
        await #expect(throws: EngineError.self) { try await answer([beyond]) }
    }
}
