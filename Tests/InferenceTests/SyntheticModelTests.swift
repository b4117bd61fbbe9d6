import Checkpoints
import Decoding
import Foundation
import Inference
import Tensors
import Testing

@Suite struct SyntheticModelTests {
    /// Files of every type load, read text and go on with finite log-probabilities.
    @Test(arguments: SyntheticCheckpoint.dataTypes)
    func generates(type: DataType) async throws {
        let shape = SyntheticShape(
            layers: 2, hiddenSize: 256, heads: 4, keyValueHeads: 2, feedForwardSize: 256, vocabularySize: 400,
            contextLength: 64, sharesEmbedding: type == .q8x0)
        let path = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).gguf").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try SyntheticCheckpoint(shape: shape, dataType: type).write(to: path)
        let engine = Engine(model: try LanguageModel.load(path))
        let model = engine.model
        let text = "The harbor, quiet: 2 boats & a naïve gull"
        let prompt = model.tokenizer.encode(text)
        #expect(prompt.first == 1 && model.tokenizer.decode(prompt, skipSpecialTokens: true) == text)
        let request = GenerationRequest(
            prompt: prompt, sampling: .greedy, maximumTokens: 4, ignoresEndOfGeneration: true, logProbabilities: 0,
            scoresPrompt: true)
        var scores: [Float?] = []
        for try await event in engine.generate(request) {
            switch event {
            case .prompt(let prompt): scores += prompt.dropFirst().map(\.logProbability)
            case .token(let token): scores.append(token.score?.logProbability)
            case .finished: break
            }
        }
        #expect(scores.count == prompt.count + 3)
        #expect(scores.allSatisfy { $0.map { $0.isFinite && $0 <= 0 } ?? false })
    }

    /// Every matrix of every block is measured, those that are multiplied together in one go.
    @Test func profiles() throws {
        let shape = SyntheticShape(
            layers: 3, hiddenSize: 64, heads: 4, keyValueHeads: 2, feedForwardSize: 96, vocabularySize: 400,
            contextLength: 64)
        let path = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).gguf").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try SyntheticCheckpoint(shape: shape, dataType: .q8x0).write(to: path)
        let model = try LanguageModel.load(path)
        let profiles = try model.profileProjections(tokens: [1, 3], seconds: 0)
        let sizes = Dictionary(uniqueKeysWithValues: profiles.map { ($0.name, [$0.count, $0.rows, $0.columns]) })
        #expect(
            sizes == [
                "attention.query+key+value": [3, 128, 64], "attention.output": [3, 64, 64],
                "dense.gate+up": [3, 192, 64],
                "dense.down": [3, 64, 96], "output": [1, 400, 64],
            ])
        #expect(profiles.allSatisfy { $0.speed(tokens: 1) > 0 && $0.speed(tokens: 3) > 0 && $0.arithmetic == .int8 })
        #expect(profiles.filter(\.isOfOutput).map(\.name) == ["output"])
        // As an encoder it has no output.
        let encoder = try SentenceEncoder.load(path).profileProjections(tokens: [2], seconds: 0)
        #expect(encoder.map(\.name) == profiles.map(\.name).filter { $0 != "output" })
        // The network is one user's alone.
        #expect(throws: EngineError.stopped) { try model.profileProjections(tokens: [1], seconds: 0) }
    }
}
