import ArgumentParser
import Constraints
import Decoding
import Inference

/// What the subcommands need of a loaded model. Tests put a model without weights in its place.
protocol TextModel: Sendable {
    /// The name that people know it by.
    var name: String { get }
    /// The most tokens that prompt and answer may have together.
    var contextLength: Int { get }
    /// The sampling that the model's makers recommend.
    var defaultSampling: SamplingParameters { get }
    /// Whether the model brought a tokenizer; otherwise texts are token ids, written as numbers.
    var hasTokenizer: Bool { get }
    /// The number of token ids.
    var vocabularySize: Int { get }
    /// Whether the model brought a chat template.
    var hasChatTemplate: Bool { get }

    /// Turns text into token ids.
    func encode(_ text: String, addSpecialTokens: Bool, parseSpecialTokens: Bool) throws -> [Int32]
    /// The text of one token, special ones in writing.
    func piece(of token: Int32) -> String
    /// The prompt that asks for the next answer of a conversation.
    func prompt(for messages: [Conversation.Message]) throws -> [Int32]
    /// The constraint of a grammar for this model's tokens.
    func constraint(for grammar: Grammar) throws -> Constraint
    /// Works on a request.
    func generate(_ request: GenerationRequest) -> AsyncThrowingStream<GenerationEvent, any Error>
}

extension TextModel {
    var hasTokenizer: Bool { true }

    /// Whether a word is the number of a token.
    func isToken(_ word: Substring) -> Bool { Int(word).map { (0..<vocabularySize).contains($0) } ?? false }

    /// Checks that a prompt leaves room for an answer.
    func checkFits(_ prompt: [Int32]) throws(CommandError) {
        guard !prompt.isEmpty else { throw CommandError("the prompt is empty") }
        guard prompt.count < contextLength else {
            throw CommandError(
                "the prompt has \(prompt.count) tokens and the context holds \(contextLength), the answer included; "
                    + "shorten it or set a longer --context if the model allows it")
        }
    }
}
