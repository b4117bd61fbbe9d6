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
        let model = try LanguageModel.load(path)
        let text = "The harbor, quiet: 2 boats & a naïve gull"
        let prompt = model.tokenizer.encode(text)
        #expect(prompt.first == 1 && model.tokenizer.decode(prompt, skipSpecialTokens: true) == text)
        let request = GenerationRequest(
            prompt: prompt, sampling: .greedy, maximumTokens: 4, ignoresEndOfGeneration: true, logProbabilities: 0,
            scoresPrompt: true)
        var scores: [Float?] = []
        let engine = Engine(model: model)
        defer { withExtendedLifetime(engine) {} }
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
}
