import Inference
import Serving

/// A language model behind its engine, as the terminal sees it.
extension EngineModel: TextModel {
    var name: String { model.name }
    var hasChatTemplate: Bool { model.chatTemplate != nil }

    func piece(of token: Int32) -> String { model.tokenizer.piece(of: token) ?? "" }

    func prompt(for messages: [Conversation.Message]) throws -> [Int32] {
        try prompt(for: messages.map(\.json), tools: nil, addGenerationPrompt: true, extra: [:])
    }
}
