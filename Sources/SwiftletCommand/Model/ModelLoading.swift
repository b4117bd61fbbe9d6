import Decoding
import Inference

/// Opens a model with the given options.
func loadModel(_ path: String, options: ModelOptions) async throws -> any TextModel {
    var loading = LanguageModel.LoadingOptions()
    loading.threads = options.threads
    let model = try LanguageModel.load(path, options: loading)
    if let context = options.context, context > model.contextLength {
        throw CommandError("--context is \(context), but \(model.name) was trained for \(model.contextLength) tokens")
    }
    var engine = EngineOptions()
    engine.contextLength = options.context
    return EngineModel(engine: Engine(model: model, options: engine))
}

/// A language model behind its engine.
struct EngineModel: TextModel {
    let engine: Engine

    private var model: LanguageModel { engine.model }
    var name: String { model.name }
    var contextLength: Int { engine.contextLength }
    var defaultSampling: SamplingParameters { model.defaultSampling }
    var hasChatTemplate: Bool { false }

    func encode(_ text: String, addSpecialTokens: Bool, parseSpecialTokens: Bool) -> [Int32] {
        model.tokenizer.encode(text, addSpecialTokens: addSpecialTokens, parseSpecialTokens: parseSpecialTokens)
    }

    func piece(of token: Int32) -> String { model.tokenizer.piece(of: token) ?? "" }

    func prompt(for messages: [Conversation.Message]) throws -> [Int32] {
        throw CommandError("\(name) has no chat template; continue plain text with run --raw")
    }

    func generate(_ request: GenerationRequest) -> AsyncThrowingStream<GenerationEvent, any Error> {
        engine.generate(request)
    }
}
