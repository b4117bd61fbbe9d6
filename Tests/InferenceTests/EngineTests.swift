import Constraints
import Decoding
import Foundation
import Inference
import JSONValues
import Testing

@Suite struct EngineTests {
    private static let path = Bundle.module.bundleURL.appending(path: "Fixtures/tiny.gguf").path

    private func engine(_ change: (inout EngineOptions) -> Void = { _ in }) throws -> Engine {
        var options = EngineOptions()
        change(&options)
        return Engine(model: try LanguageModel.load(Self.path), options: options)
    }

    private func request(
        _ text: String, _ engine: Engine, tokens: Int? = 20, sampling: SamplingParameters = .greedy
    ) -> GenerationRequest {
        var request = GenerationRequest(
            prompt: engine.model.tokenizer.encode(text), sampling: sampling, maximumTokens: tokens)
        request.ignoresEndOfGeneration = true
        return request
    }

    private struct Outcome: Equatable {
        var promptScores: [TokenScore] = []
        var tokens: [Int32] = []
        var scores: [TokenScore] = []
        var text = ""
        var reason: Completion.FinishReason?
        var cachedTokens = 0
    }

    private func run(_ request: GenerationRequest, _ engine: Engine) async throws -> Outcome {
        var outcome = Outcome()
        for try await event in engine.generate(request) {
            switch event {
            case .prompt(let scores): outcome.promptScores = scores
            case .token(let token):
                outcome.tokens.append(token.id)
                outcome.text += token.text
                if let score = token.score { outcome.scores.append(score) }
            case .finished(let completion):
                outcome.text += completion.trailingText
                outcome.reason = completion.finishReason
                outcome.cachedTokens = completion.cachedTokens
                #expect(completion.promptTokens == request.prompt.count)
                #expect(completion.completionTokens == outcome.tokens.count)
            }
        }
        return outcome
    }

    @Test func textIsThatOfTheTokens() async throws {
        let engine = try engine()
        let outcome = try await run(request("the thing and", engine), engine)
        #expect(outcome.tokens.count == 20 && outcome.reason == .length)
        #expect(outcome.text == engine.model.tokenizer.decode(outcome.tokens, skipSpecialTokens: true))
    }

    /// Many at once, long prompts cut into pieces, with and without a cache: always what each gives alone.
    @Test func batchesChangeNothing() async throws {
        let texts = (0..<12).map { index in String(repeating: "the \(index) and ", count: 1 + index % 5) }
        let engine = try engine { $0.batchTokens = 16 }
        // Every other text is drawn by chance, with a seed of its own.
        func request(_ index: Int, _ engine: Engine) -> GenerationRequest {
            var sampling = SamplingParameters()
            sampling.seed = UInt64(index)
            return self.request(texts[index], engine, sampling: index % 2 == 0 ? .greedy : sampling)
        }
        try await withThrowingTaskGroup(of: (Int, Outcome).self) { group in
            for index in texts.indices {
                group.addTask { (index, try await self.run(request(index, engine), engine)) }
            }
            for try await (index, outcome) in group {
                let fresh = try self.engine()
                let alone = try await run(request(index, fresh), fresh)
                #expect(outcome.tokens == alone.tokens && outcome.text == alone.text)
            }
        }
    }

    @Test func commonBeginningsAreNotComputedAgain() async throws {
        let engine = try engine()
        let long = String(repeating: "in the end or at the end, ", count: 6)
        let first = try await run(request(long, engine), engine)
        let again = try await run(request(long, engine), engine)
        #expect(first.cachedTokens == 0 && again.cachedTokens >= 32 && again.cachedTokens % 32 == 0)
        #expect(again.tokens == first.tokens)
        let other = try await run(request(long + " and more", engine), engine)
        let fresh = try self.engine()
        #expect(other.cachedTokens > 0)
        #expect(try await run(request(long + " and more", fresh), fresh).tokens == other.tokens)
    }

    @Test func seedsReproduce() async throws {
        let engine = try engine()
        var sampling = SamplingParameters()
        sampling.seed = 5
        let first = try await run(request("on and on", engine, sampling: sampling), engine)
        #expect(try await run(request("on and on", engine, sampling: sampling), engine).tokens == first.tokens)
        sampling.seed = 6
        #expect(try await run(request("on and on", engine, sampling: sampling), engine).tokens != first.tokens)
    }

    @Test func stopStringsEndTheAnswer() async throws {
        let engine = try engine()
        let whole = try await run(request("the thing and", engine), engine)
        let characters = Array(whole.text.unicodeScalars)
        let stop = String(String.UnicodeScalarView(characters[characters.count / 2..<characters.count / 2 + 3]))
        var request = request("the thing and", engine)
        request.stopStrings = [stop]
        let outcome = try await run(request, engine)
        let end = try #require(whole.text.range(of: stop)).lowerBound
        #expect(outcome.text == whole.text[..<end] && outcome.reason == .stop)
    }

    @Test func endOfGenerationEndsTheAnswer() async throws {
        let engine = try engine()
        var request = request("the thing and", engine)
        request.ignoresEndOfGeneration = false
        request.sampling.logitBias = [2: 1000]
        let outcome = try await run(request, engine)
        #expect(outcome.tokens == [2] && outcome.text.isEmpty && outcome.reason == .stop)
    }

    @Test func scores() async throws {
        let engine = try engine()
        var request = request("the thing and more of it", engine, tokens: 3)
        request.scoresPrompt = true
        request.logProbabilities = 4
        let outcome = try await run(request, engine)
        #expect(outcome.promptScores.map(\.id) == request.prompt)
        #expect(outcome.promptScores.first?.logProbability == nil)
        #expect(outcome.scores.map(\.id) == outcome.tokens)
        for score in outcome.promptScores.dropFirst() + outcome.scores {
            let value = try #require(score.logProbability)
            #expect(value <= 0 && score.alternatives.count == 4)
            #expect(score.alternatives.map(\.logProbability).sorted(by: >) == score.alternatives.map(\.logProbability))
            if let same = score.alternatives.first(where: { $0.id == score.id }) {
                #expect(same.logProbability == value)
            }
        }
        // Greedy tokens are the best alternatives, and a prompt scored in another run scores the same.
        #expect(outcome.scores.allSatisfy { $0.id == $0.alternatives[0].id })
        request.prompt += outcome.tokens
        request.maximumTokens = 0
        let again = try await run(request, engine)
        #expect(again.promptScores == outcome.promptScores + outcome.scores && again.tokens.isEmpty)
    }

    @Test func theContextIsTheLimit() async throws {
        let engine = try engine { $0.contextLength = 40 }
        let outcome = try await run(request("the thing", engine, tokens: nil), engine)
        #expect(outcome.tokens.count + engine.model.tokenizer.encode("the thing").count == 40)
        #expect(outcome.reason == .length)
    }

    @Test func badRequestsAreRefused() async throws {
        let engine = try engine()
        let size = engine.model.vocabularySize
        let cases: [([Int32], EngineError)] = [
            ([], .emptyPrompt), ([3, Int32(size)], .tokenOutOfRange(id: Int32(size), vocabularySize: size)),
            ([-1], .tokenOutOfRange(id: -1, vocabularySize: size)),
            ([Int32](repeating: 5, count: 256), .promptTooLong(tokens: 256, contextLength: 256)),
        ]
        for (prompt, error) in cases {
            await #expect(throws: error) { try await run(GenerationRequest(prompt: prompt), engine) }
        }
        var request = GenerationRequest(prompt: [3])
        request.sampling.logitBias = [Int32(size): 1]
        await #expect(throws: EngineError.tokenOutOfRange(id: Int32(size), vocabularySize: size)) {
            try await run(request, engine)
        }
    }

    /// A text that can never fit is refused with both numbers; the context is what fits.
    @Test func memoryIsALimit() async throws {
        let whole = try engine()
        let engine = try engine { $0.cacheMemory = whole.cacheBytes(positions: 100) }
        #expect(engine.contextLength >= 68 && engine.contextLength <= 128 && engine.contextIsLimitedByMemory)
        #expect(!whole.contextIsLimitedByMemory)
        let prompt = [Int32](repeating: 5, count: 200)
        let error = EngineError.exceedsMemory(
            tokens: 200, bytes: whole.cacheBytes(positions: 201), memory: whole.cacheBytes(positions: 100))
        await #expect(throws: error) { try await run(GenerationRequest(prompt: prompt), engine) }
        #expect("\(error)".contains("MiB"))
        let outcome = try await run(request("the thing", engine, tokens: nil), engine)
        #expect(outcome.reason == .length)
    }

    @Test func hugeLimitsAreTheContext() async throws {
        let engine = try engine { $0.contextLength = 30 }
        let outcome = try await run(request("the thing", engine, tokens: .max), engine)
        #expect(outcome.reason == .length && outcome.tokens.count < 30)
    }

    @Test func aModelHasOneEngine() async throws {
        let first = try engine()
        let second = Engine(model: first.model)
        await #expect(throws: EngineError.stopped) { try await run(request("the", second), second) }
        #expect(try await run(request("the", first), first).tokens.count == 20)
    }

    /// The stream does not keep the engine: its end ends the stream, and nobody waits for ever. The text cannot come to its
    /// end before, since nobody reads it.
    @Test func streamsEndWithTheirEngine() async throws {
        var engine: Engine? = try engine { ($0.unreadEvents, $0.unreadSeconds) = (4, 1000) }
        let stream = try #require(engine.map { $0.generate(request("the", $0, tokens: nil)) })
        engine = nil
        await #expect(throws: EngineError.stopped) { for try await _ in stream {} }
    }

    /// Several answers come in one stream; the first that can't be worked on refuses all.
    @Test func severalAnswersComeInOneStream() async throws {
        let engine = try engine()
        let requests = ["the thing", "and more"].map { request($0, engine, tokens: 12) }
        var tokens: [[Int32]] = [[], []]
        for try await next in try engine.generate(requests) {
            if case .token(let token) = next.event { tokens[next.index].append(token.id) }
        }
        for (request, together) in zip(requests, tokens) { #expect(try await run(request, engine).tokens == together) }
        #expect(throws: EngineError.emptyPrompt) { try engine.generate(requests + [GenerationRequest(prompt: [])]) }
    }

    /// Whatever the sampler draws, an answer that ends by itself meets its constraint; a stop string ends it only when complete.
    @Test func constrainedAnswersAreValid() async throws {
        let engine = try engine()
        let options = SchemaOptions(allowsWhitespace: false)
        let grammar = Grammar.jsonSchema(["enum": ["the", "and", ["n": true]]], options)
        let constraint = try engine.model.constraint(for: grammar)
        for seed in UInt64(0)..<8 {
            var sampling = SamplingParameters()
            (sampling.seed, sampling.temperature) = (seed, seed < 4 ? 2 : 0)
            sampling.logitBias = [3: 100]
            var request = request("the thing", engine, tokens: 50, sampling: sampling)
            request.constraint = constraint
            request.stopStrings = ["n", "h"]
            let outcome = try await run(request, engine)
            let text = outcome.text.filter { $0 != " " }
            #expect(["\"the\"", "\"and\"", "{\"n\":true}"].contains(text), "\(outcome.text)")
            #expect(outcome.reason == .stop)
            request.maximumTokens = 1
            let cut = try await run(request, engine)
            #expect(cut.tokens.count == 1)
        }
    }

    /// Wherever the limit cuts, the answer is closed: nothing is missing, and the reason of its end is the limit.
    @Test func cutAnswersAreClosed() async throws {
        let engine = try engine()
        let schema: JSON = [
            "type": "object", "required": ["name", "sizes"], "additionalProperties": false,
            "properties": [
                "name": ["type": "string"], "sizes": ["type": "array", "items": ["type": "number"], "minItems": 2],
            ],
        ]
        let constraint = try engine.model.constraint(for: .jsonSchema(schema, .compact))
        for limit in 1..<40 {
            var sampling = SamplingParameters()
            (sampling.seed, sampling.temperature) = (UInt64(limit), 1.5)
            var request = request("the thing", engine, tokens: limit, sampling: sampling)
            (request.constraint, request.closesOnLimit) = (constraint, true)
            let outcome = try await run(request, engine)
            let value = try JSON(parsing: outcome.text, source: "the answer")
            #expect(value["name"]?.stringValue != nil && value["sizes"]?.arrayValue?.count ?? 0 >= 2)
            #expect(outcome.reason == .stop || outcome.tokens.count == limit)
        }
    }
}
