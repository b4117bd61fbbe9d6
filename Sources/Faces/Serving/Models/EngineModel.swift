public import Constraints
public import Decoding
import Essentials
public import Inference
public import JSONValues
public import ModelStore

/// A language model behind its engine, as the server offers it; `Server` shows its use.
public struct EngineModel: ServedModel {
    /// What works on requests.
    public let engine: Engine
    /// The name by which requests ask for the model.
    public internal(set) var id: String
    /// The adapter that all requests to it get; nil for none or the engine's default ones.
    var adapter: String?

    /// Offers an engine's model.
    ///
    /// - Parameters:
    ///   - id: the name by which requests ask for it; nil for the model's own.
    ///   - toolCallFormat: how it calls tools; nil for what its template says.
    public init(engine: Engine, id: String? = nil, toolCallFormat: ToolCallFormat? = nil) {
        self.engine = engine
        self.id = id ?? engine.model.name
        let template = engine.model.toolTemplate ?? engine.model.chatTemplate
        self.toolCallFormat = toolCallFormat ?? ToolCallFormat(template: template?.source ?? "")
        defaultSampling = engine.model.defaultSampling
        reasoningFormat = engine.model.chatTemplate.flatMap { .detected(in: $0.source) }
    }

    /// How the model calls tools.
    public let toolCallFormat: ToolCallFormat
    /// How the model marks what it thinks.
    public let reasoningFormat: ReasoningFormat?

    /// The model that the engine runs.
    public var model: LanguageModel { engine.model }
    /// The most tokens that a prompt and its answer may have together.
    public var contextLength: Int { engine.contextLength }
    /// Why that is less than the model or the options say: for want of memory.
    public var contextReason: String? {
        guard engine.contextIsLimitedByMemory else { return nil }
        return "since keys and values may take \(engine.cacheMemory >> 20) MiB here"
    }
    /// The number of token ids.
    public var vocabularySize: Int { model.vocabularySize }
    /// The most answers that one call may ask for: as many as may wait.
    public var maximumAnswers: Int { engine.queuedRequests }
    /// Whether the model brought its tokenizer.
    public var hasTokenizer: Bool { model.hasTokenizer }
    /// The sampling that the settings say, or else what the model's makers recommend.
    public internal(set) var defaultSampling: SamplingParameters
    /// How the model is used where requests say nothing else.
    public internal(set) var settings: ModelSettings?

    /// A sum over weights and settings; nil where adapters, which come and go, change what is computed.
    public var identity: String? {
        guard adapter == nil, engine.adapters.allSatisfy({ $0.defaultScale == 0 }) else { return nil }
        return "\(engine.model.identity) \(settings.map { "\($0)" } ?? "")"
    }

    /// When the model's file was last changed, in seconds since 1970.
    public var created: Int {
        let attributes = try? FileManager.default.attributesOfItem(atPath: model.path)
        return Int((attributes?[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0)
    }

    /// What the model's files say.
    public var details: ModelDetails? {
        let summary = model.weightSummary
        return ModelDetails(
            path: model.path, format: summary.format, family: summary.family, parameters: summary.parameters,
            bytes: summary.bytes, quantization: summary.mainType, hiddenSize: summary.hiddenSize, layers: summary.layers
        )
    }
    /// What the engine does now and has done.
    public var statistics: EngineStatistics { engine.statistics }
    /// How many texts may be worked on at once.
    public var concurrentRequests: Int { engine.concurrentRequests }
    /// Whether tokens may be guessed ahead.
    public var guessesAhead: Bool { engine.guessesAhead }
    /// The text of the token that begins texts.
    public var beginText: String {
        model.tokenizer.specialTokens.beginOfText.map { model.tokenizer.decode([$0]) } ?? ""
    }
    /// The tokens that end an answer.
    public var endTokens: [Int32] { model.tokenizer.endOfGenerationTokens.sorted() }

    /// The token ids of a text.
    public func encode(_ text: String, addSpecialTokens: Bool, parseSpecialTokens: Bool) -> [Int32] {
        model.tokenizer.encode(text, addSpecialTokens: addSpecialTokens, parseSpecialTokens: parseSpecialTokens)
    }

    /// The text of token ids.
    public func decode(_ tokens: [Int32], skipSpecialTokens: Bool) -> String {
        model.tokenizer.decode(tokens, skipSpecialTokens: skipSpecialTokens)
    }

    /// The bytes that a token stands for.
    public func bytes(of token: Int32) -> [UInt8] { model.tokenizer.bytes(of: token) }

    /// The prompt text of a conversation, as the model's template writes it.
    ///
    /// - Throws: `InferenceError.noChatTemplate`, or `TemplateError` if the template refuses the conversation.
    public func render(
        messages: [JSON], tools: [JSON]?, addGenerationPrompt: Bool, extra: JSON.Object
    ) throws -> String {
        try model.render(
            messages: completed(messages), tools: tools, addGenerationPrompt: addGenerationPrompt, extra: extra)
    }

    /// The token ids of a conversation's prompt, in which nothing that the messages say is a special token.
    ///
    /// - Throws: what ``render(messages:tools:addGenerationPrompt:extra:)`` throws.
    public func prompt(
        for messages: [JSON], tools: [JSON]?, addGenerationPrompt: Bool, extra: JSON.Object
    ) throws -> [Int32] {
        try model.prompt(for: completed(messages), tools: tools, addGenerationPrompt: addGenerationPrompt, extra: extra)
    }

    /// The text of the chat template.
    public var chatTemplateSource: String? { model.chatTemplate?.source }

    /// The constraint of a grammar, made now or earlier.
    ///
    /// - Throws: `ConstraintError`.
    public func constraint(for grammar: Grammar) throws -> Constraint { try model.constraint(for: grammar) }

    /// Generates an answer; ending the iteration of the stream stops the work.
    public func generate(_ request: GenerationRequest) -> AsyncThrowingStream<GenerationEvent, any Error> {
        engine.generate(marked(request))
    }

    /// The request with the name of who asks, and until when an answer is of use.
    private func marked(_ request: GenerationRequest) -> GenerationRequest {
        var request = request
        request.adapters = request.adapters ?? adapter.map { [AdapterUse($0)] }
        request.client = request.client ?? Client.current
        request.deadline = request.deadline ?? Client.deadline
        return request
    }

    /// Searches for the likeliest answers as a whole.
    ///
    /// - Throws: `EngineError`.
    public func beamSearch(_ prompt: [Int32], _ parameters: BeamSearchParameters) async throws -> [Hypothesis] {
        try await engine.beamSearch(marked(GenerationRequest(prompt: prompt)), parameters)
    }

    /// How much parts of a prompt matter for an answer.
    ///
    /// - Throws: `EngineError`.
    public func importance(
        of parts: [Range<Int>], in prompt: [Int32], for answer: [Int32], factor: Float
    ) async throws -> [Float] {
        let request = marked(GenerationRequest(prompt: prompt))
        return try await engine.importance(of: parts, in: request, for: answer, factor: factor)
    }

    /// Generates answers side by side; ending the iteration of the stream stops the work.
    ///
    /// - Throws: `EngineError` before anything is begun.
    public func generate(_ requests: [GenerationRequest]) throws -> AsyncThrowingStream<AnswerEvent, any Error> {
        try engine.generate(requests.map(marked))
    }
}
