import Decoding
import Essentials
import Inference
import JSONValues
import Serving
import Synchronization

/// A language model behind its engine, as the terminal and the server see it.
struct EngineModel: TextModel, ServedModel {
    let engine: Engine
    let id: String
    private let isFresh = Flag()

    init(engine: Engine, id: String) {
        self.engine = engine
        self.id = id
    }

    private var model: LanguageModel { engine.model }
    var name: String { model.name }
    var contextLength: Int { engine.contextLength }
    var vocabularySize: Int { model.vocabularySize }
    var defaultSampling: SamplingParameters { model.defaultSampling }
    var hasChatTemplate: Bool { model.chatTemplate != nil }

    /// When the model's file was last changed.
    var created: Int {
        let attributes = try? FileManager.default.attributesOfItem(atPath: model.path)
        return Int((attributes?[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0)
    }

    var hasTokenizer: Bool { model.hasTokenizer }

    func encode(_ text: String, addSpecialTokens: Bool, parseSpecialTokens: Bool) -> [Int32] {
        model.tokenizer.encode(text, addSpecialTokens: addSpecialTokens, parseSpecialTokens: parseSpecialTokens)
    }

    func decode(_ tokens: [Int32], skipSpecialTokens: Bool) -> String {
        model.tokenizer.decode(tokens, skipSpecialTokens: skipSpecialTokens)
    }

    func bytes(of token: Int32) -> [UInt8] { model.tokenizer.bytes(of: token) }

    func piece(of token: Int32) -> String { model.tokenizer.piece(of: token) ?? "" }

    func render(messages: [JSON], tools: [JSON]?, addGenerationPrompt: Bool, extra: JSON.Object) throws -> String {
        try model.render(
            messages: messages, tools: tools, addGenerationPrompt: addGenerationPrompt, extra: extra)
    }

    func prompt(for messages: [Conversation.Message]) throws -> [Int32] {
        let text = try model.render(messages: messages.map(\.json))
        // The template writes the special tokens itself.
        return encode(text, addSpecialTokens: false, parseSpecialTokens: true)
    }

    func generate(_ request: GenerationRequest) -> AsyncThrowingStream<GenerationEvent, any Error> {
        let events = engine.generate(request)
        return isFresh.lower() ? trimming(events) : events
    }

    /// The first token goes through code that was never run before, and finding it touches every library once more.
    private func trimming(
        _ events: AsyncThrowingStream<GenerationEvent, any Error>
    ) -> AsyncThrowingStream<GenerationEvent, any Error> {
        AsyncThrowingStream { continuation in
            let task = Task {
                do {
                    var isTrimmed = false
                    for try await event in events {
                        continuation.yield(event)
                        if case .token = event, !isTrimmed {
                            ProcessMemory.trim()
                            isTrimmed = true
                        }
                    }
                    continuation.finish()
                } catch {
                    continuation.finish(throwing: error)
                }
            }
            continuation.onTermination = { _ in task.cancel() }
        }
    }
}

/// A flag that is up until it is lowered once.
private final class Flag: Sendable {
    private let isUp = Atomic<Bool>(true)

    /// Whether it was up.
    func lower() -> Bool { isUp.exchange(false, ordering: .relaxed) }
}
