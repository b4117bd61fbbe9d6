import Checkpoints
import Decoding
import Foundation
import Inference
import Tensors
import Testing

/// Deterministic models: the same scores, to the bit, whatever the batch, the number of threads and the prefix cache.
@Suite struct DeterminismTests {
    private func scores(_ engine: Engine, _ prompt: [Int32]) async throws -> [Float] {
        var scores: [Float] = []
        let request = GenerationRequest(
            prompt: prompt, sampling: .greedy, maximumTokens: 6, ignoresEndOfGeneration: true, logProbabilities: 0)
        for try await event in engine.generate(request) {
            if case .token(let token) = event, let score = token.score?.logProbability { scores.append(score) }
        }
        return scores
    }

    @Test(arguments: [DataType.q4K, .q8x0, .bf16, .f16])
    func scoresDoNotDependOnTheBatch(type: DataType) async throws {
        let shape = SyntheticShape(
            layers: 2, hiddenSize: 256, heads: 4, keyValueHeads: 2, feedForwardSize: 256, vocabularySize: 400,
            contextLength: 1024)
        let path = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).gguf").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try SyntheticCheckpoint(shape: shape, dataType: type).write(to: path)
        func makeEngine(threads: Int) throws -> Engine {
            var options = LanguageModel.LoadingOptions()
            (options.threads, options.isDeterministic) = (threads, true)
            return try Engine(model: LanguageModel.load(path, options: options))
        }
        let prompts = [640, 7, 130].map { count in (0..<Int32(count)).map { 3 + $0 * 7 % 390 } }
        let engine = try makeEngine(threads: 1)
        var alone: [[Float]] = []
        for prompt in prompts { alone.append(try await scores(engine, prompt)) }
        // Again, from the prefix cache.
        for (prompt, expected) in zip(prompts, alone) { #expect(try await scores(engine, prompt) == expected) }
        let other = try makeEngine(threads: 3)
        try await withThrowingTaskGroup(of: (Int, [Float]).self) { group in
            for (index, prompt) in prompts.enumerated() {
                group.addTask { (index, try await scores(other, prompt)) }
            }
            for try await (index, together) in group { #expect(together == alone[index]) }
        }
    }
}
