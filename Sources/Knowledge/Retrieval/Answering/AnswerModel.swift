public import Inference
import JSONValues

/// A model that answers prompts.
public protocol AnswerModel: Sendable {
    /// The most tokens that a prompt and its answer may have together.
    var contextLength: Int { get }
    /// The prompt that asks for an answer to what a user says under instructions.
    func prompt(instructions: String, message: String) throws -> [Int32]
    func answer(_ request: GenerationRequest) throws -> AsyncThrowingStream<GenerationEvent, any Error>
    /// What a token stands for.
    func text(of token: Int32) -> String
}

extension Engine: AnswerModel {
    /// The model's chat template with these messages; without a template, plain text.
    public func prompt(instructions: String, message: String) throws -> [Int32] {
        do {
            return try model.prompt(for: [
                ["role": "system", "content": .string(instructions)], ["role": "user", "content": .string(message)],
            ])
        } catch InferenceError.noChatTemplate {
            return model.tokenizer.encode("\(instructions)\n\n\(message)\n\nAnswer:")
        }
    }

    public func answer(_ request: GenerationRequest) -> AsyncThrowingStream<GenerationEvent, any Error> {
        generate(request)
    }

    public func text(of token: Int32) -> String { model.tokenizer.decode([token]) }
}
