import Inference
import JSONValues
import Retrieval

/// A served model as answers from documents ask it.
struct ServedAnswerModel: AnswerModel {
    let model: any ServedModel

    var contextLength: Int { model.contextLength }

    func prompt(instructions: String, message: String) throws -> [Int32] {
        try model.prompt(
            for: [
                ["role": "system", "content": .string(instructions)], ["role": "user", "content": .string(message)],
            ], tools: nil, addGenerationPrompt: true, extra: [:])
    }

    func text(of token: Int32) -> String { model.decode([token], skipSpecialTokens: false) }

    func answer(_ request: GenerationRequest) throws -> AsyncThrowingStream<GenerationEvent, any Error> {
        let stream = try model.generate([request])
        return AsyncThrowingStream { continuation in
            let task = Task {
                do {
                    for try await next in stream { continuation.yield(next.event) }
                    continuation.finish()
                } catch {
                    continuation.finish(throwing: error)
                }
            }
            continuation.onTermination = { _ in task.cancel() }
        }
    }
}

extension ServedEmbedder {
    /// This model as collections use it, under the name by which requests ask for it.
    var passageEncoder: PassageEncoder {
        let turns = turns
        return PassageEncoder(embedder, name: id) { work in try await turns.take(work) }
    }
}
