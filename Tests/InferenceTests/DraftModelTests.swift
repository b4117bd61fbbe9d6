import Checkpoints
import Decoding
import Foundation
import JSONValues
import Tensors
import Testing

@testable import Inference

/// Draft models of their own weights: the same answers, log-probabilities and forms as without one.
@Suite struct DraftModelTests {
    private static let shape = SyntheticShape(
        layers: 2, hiddenSize: 64, heads: 4, keyValueHeads: 2, feedForwardSize: 96, vocabularySize: 300,
        contextLength: 512)

    /// A model and two that may guess for it: one that thinks alike, and one that does not.
    private func withModels(_ body: (_ model: String, _ drafts: [String]) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "drafts-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let paths = ["model", "other"].map { folder.appending(path: "\($0).gguf").path }
        var small = Self.shape
        small.layers = 1
        try SyntheticCheckpoint(shape: Self.shape, dataType: .q8x0).write(to: paths[0])
        try SyntheticCheckpoint(shape: small, dataType: .q8x0).write(to: paths[1])
        try await body(paths[0], paths)
    }

    private struct Answer: Hashable {
        var tokens: [Int32] = []
        var scores: [TokenScore] = []
        var text = ""
    }

    private func answer(
        _ engine: Engine, _ change: (inout GenerationRequest) -> Void = { _ in }
    ) async throws -> (Answer, Completion?) {
        let prompt = (0..<Int32(45)).map { 3 + $0 * 7 % 290 }
        var request = GenerationRequest(
            prompt: prompt, sampling: .greedy, maximumTokens: 60, ignoresEndOfGeneration: true, logProbabilities: 2)
        change(&request)
        var (answer, completion): (Answer, Completion?) = (Answer(), nil)
        for try await event in engine.generate(request) {
            switch event {
            case .prompt: break
            case .token(let token):
                answer.tokens.append(token.id)
                if let score = token.score { answer.scores.append(score) }
                answer.text += token.text
            case .finished(let end):
                answer.text += end.trailingText
                completion = end
            }
        }
        return (answer, completion)
    }

    private func engine(_ model: String, _ draft: String) throws -> Engine {
        var options = EngineOptions()
        (options.draftConfidence, options.adaptsDraftTokens) = (0, false)
        return try Engine(model: LanguageModel.load(model), draft: LanguageModel.load(draft), options: options)
    }

    /// Greedy, and by chance with a seed: the tokens and their log-probabilities to the bit.
    @Test func answersAreTheSame() async throws {
        try await withModels { path, drafts in
            let plain = Engine(model: try LanguageModel.load(path))
            for (index, draft) in drafts.enumerated() {
                let engine = try engine(path, draft)
                for seed in [nil, 1, 2] as [UInt64?] {
                    func change(_ request: inout GenerationRequest) {
                        guard let seed else { return }
                        request.sampling = SamplingParameters()
                        (request.sampling.seed, request.sampling.temperature) = (seed, 1.5)
                    }
                    let (expected, _) = try await answer(plain, change)
                    let (found, completion) = try await answer(engine, change)
                    #expect(found == expected)
                    let (drafted, accepted) = (completion?.draftedTokens ?? 0, completion?.acceptedTokens ?? 0)
                    #expect(drafted > 0 && completion?.completionTokens == 60)
                    // The model itself guesses its own tokens: those of chance by the seed's numbers, of which some lie where one
                    // token ends and another begins, for the draft model reads the prompt in other pieces.
                    if index == 0, seed == nil { #expect(accepted == drafted, "\(accepted) of \(drafted)") }
                    if index == 0 { #expect(accepted > drafted / 2, "\(accepted) of \(drafted)") }
                }
                let statistics = engine.statistics
                #expect(statistics.draftedTokens > 0 && statistics.acceptedTokens <= statistics.draftedTokens)
            }
        }
    }

    /// Without a seed the model itself is nearly always taken at its word: p / q is 1 but for rounding, since the draft model reads
    /// the text in other pieces. With one guess the others of its round are lost.
    @Test func chanceTakesWhatIsAlike() async throws {
        try await withModels { path, _ in
            let engine = try engine(path, path)
            for _ in 0..<8 {
                _ = try await answer(engine) {
                    $0.sampling = SamplingParameters()
                    $0.sampling.temperature = 1.5
                }
            }
            let (drafted, accepted) = (engine.statistics.draftedTokens, engine.statistics.acceptedTokens)
            #expect(drafted > 160 && 4 * accepted > 3 * drafted, "\(accepted) of \(drafted)")
        }
    }

    @Test func requestsSayHowMuchIsGuessed() async throws {
        try await withModels { path, drafts in
            let engine = try engine(path, drafts[0])
            #expect(engine.guessesAhead)
            #expect(try await answer(engine) { $0.draftTokens = 0 }.1?.draftedTokens == 0)
            #expect(try await answer(engine) { $0.draftConfidence = 1.1 }.1?.draftedTokens == 0)
        }
    }

    private func folder(_ name: String) -> String {
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        return tests.appending(path: "ArchitecturesTests/Fixtures/\(name)").path
    }

    /// A form binds guesses and answers alike.
    @Test func formsHold() async throws {
        let tiny = Bundle.module.bundleURL.appending(path: "Fixtures/tiny.gguf").path
        let plain = Engine(model: try LanguageModel.load(tiny))
        let engine = try engine(tiny, tiny)
        let schema: JSON = ["type": "array", "items": ["enum": ["red", "green", 1]], "minItems": 3, "maxItems": 6]
        for seed in 0..<4 as Range<UInt64> {
            func change(_ request: inout GenerationRequest) {
                request.constraint = try? engine.model.constraint(for: .jsonSchema(schema))
                (request.sampling.temperature, request.sampling.seed) = (seed == 0 ? 0 : 1, seed)
                request.stopStrings = ["\"green\",1"]
                request.healsPrompt = true
            }
            let (expected, _) = try await answer(plain, change)
            let (found, completion) = try await answer(engine, change)
            #expect(found == expected && found.text.hasPrefix("["))
            #expect(completion?.draftedTokens ?? 0 > 0)
        }
    }

    @Test func whatCannotGuessIsRefused() throws {
        func error(_ model: String, _ draft: String) -> DraftModelError? {
            #expect(throws: DraftModelError.self) {
                try Engine(model: LanguageModel.load(model), draft: LanguageModel.load(draft))
            }
        }
        let (llama, tiny) = (
            folder("families/llama"), Bundle.module.bundleURL.appending(path: "Fixtures/tiny.gguf").path
        )
        guard case .otherTokens? = error(llama, tiny) else {
            Issue.record("other tokens")
            return
        }
        for (model, draft) in [
            ("families/mamba", "families/llama"), ("families/llama", "families/mamba"),
            ("families/gemma2", "families/llama"), ("translators/t5", "families/llama"),
        ] {
            guard case .cannotGoBack? = error(folder(model), folder(draft)) else {
                Issue.record("\(model) \(draft)")
                continue
            }
        }
        let draft = try LanguageModel.load(llama)
        _ = try Engine(model: LanguageModel.load(llama), draft: draft)
        #expect(throws: DraftModelError.taken(draft: draft.name)) {
            try Engine(model: LanguageModel.load(llama), draft: draft)
        }
    }
}
