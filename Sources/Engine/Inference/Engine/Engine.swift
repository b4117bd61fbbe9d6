import Tensors

/// Runs requests on a model: one thread of its own, all texts in one batch, a cache of common beginnings.
///
/// Requests may come from any task; each gets a stream. Ending the task that reads it ends the work at the next step.
///
/// ```swift
/// let engine = Engine(model: try LanguageModel.load("smollm2.gguf"))
/// let prompt = engine.model.tokenizer.encode("The capital of France is")
/// for try await event in engine.generate(GenerationRequest(prompt: prompt, maximumTokens: 16)) {
///     if case .token(let token) = event { print(token.text, terminator: "") }
/// }
/// ```
public final class Engine: Sendable {
    public let model: LanguageModel
    /// The model that guesses ahead.
    public let draft: LanguageModel?
    /// The most positions that a text may take here: what the options or the model say, or as much as the memory for keys
    /// and values holds if that is less.
    public let contextLength: Int
    /// Whether that is because of the memory.
    public var contextIsLimitedByMemory: Bool { limits.isLimitedByMemory }
    /// The bytes that keys and values may take, of all texts and of what is kept of earlier ones.
    public let cacheMemory: Int
    private let options: EngineOptions
    private let limits: TextLimits
    private let hasAttention: Bool
    let queue: RequestQueue
    private let shelf = AdapterShelf()

    /// Starts the engine's thread. A model can have one engine: requests to a second one fail with `EngineError.stopped`.
    ///
    /// - Parameter onFirstToken: called once, on the engine's thread, when the first token of all has been generated.
    public convenience init(
        model: LanguageModel, options: EngineOptions = EngineOptions(), onFirstToken: (@Sendable () -> Void)? = nil
    ) {
        self.init(model: model, checkedDraft: nil, options: options, onFirstToken: onFirstToken)
    }

    /// Starts an engine whose tokens a smaller model guesses ahead: where it guesses well answers are written faster. They are those
    /// that come without it, or of chance without a seed: their distribution is the same.
    ///
    /// - Throws: `DraftModelError` if the draft model has other tokens, or one of the two cannot take back what it has read.
    public convenience init(
        model: LanguageModel, draft: LanguageModel, options: EngineOptions = EngineOptions(),
        onFirstToken: (@Sendable () -> Void)? = nil
    ) throws(DraftModelError) {
        try model.check(draft: draft)
        guard draft !== model, draft.claim() else { throw .taken(draft: draft.name) }
        self.init(model: model, checkedDraft: draft, options: options, onFirstToken: onFirstToken)
    }

    private init(
        model: LanguageModel, checkedDraft draft: LanguageModel?, options: EngineOptions,
        onFirstToken: (@Sendable () -> Void)?
    ) {
        self.model = model
        self.draft = draft
        self.options = options.sane
        let network = ModelNetwork(model)
        cacheMemory = max(0, options.cacheMemory ?? MachineMemory.budget())
        limits = TextLimits(
            contextLength: min(options.contextLength ?? model.contextLength, model.contextLength),
            layout: network.layout, memory: cacheMemory, batchTokens: self.options.batchTokens)
        contextLength = limits.contextLength
        hasAttention = network.layout.hasAttention
        queue = RequestQueue(limit: self.options.queuedRequests)
        let drafter = draft.map {
            Drafter(
                network: ModelNetwork($0), contextLength: $0.contextLength, vocabularySize: $0.vocabularySize,
                options: self.options)
        }
        let scheduler = Scheduler(
            network: network, drafter: drafter, traits: TextTraits(model), limits: limits, options: self.options,
            queue: queue,
            onFirstToken: onFirstToken)
        // A second engine would share the decoder's memory with the first.
        let isFirst = model.claim()
        if !isFirst || !NativeThread.start({ scheduler.run() }) { queue.stop() }
    }

    deinit { queue.stop() }

    /// The most requests that may wait at once; more are refused with `EngineError.busy`.
    public var queuedRequests: Int { queue.limit }

    /// How many texts may be worked on at once.
    public var concurrentRequests: Int { options.concurrentRequests }

    /// Whether tokens may be guessed ahead.
    public var guessesAhead: Bool { draft != nil || options.lookupTokens > 0 }

    /// Whether texts of different clients share no beginnings.
    var isolatesClients: Bool { options.isolatesClients }

    /// What the engine does now and has done.
    public var statistics: EngineStatistics {
        var statistics = queue.board.current
        (statistics.waiting, statistics.cacheMemory) = (queue.waiting, cacheMemory)
        return statistics
    }

    /// The bytes that keys, values and states of a text of so many positions take at most.
    public func cacheBytes(positions: Int) -> Int { limits.byteCount(positions: positions) }

    /// The adapters that requests may ask for.
    public var adapters: [AdapterEntry] { shelf.entries }

    /// Loads a low-rank adapter in PEFT's format, which requests then may name; those with different ones share batches.
    ///
    /// - Returns: false if there is one of that name already.
    /// - Throws: an error that names the file and the tensor if it does not fit the model, or changes what cannot be changed for
    ///   some texts only (embeddings, biases, the output, experts).
    public func loadAdapter(_ path: String, as name: String) throws -> Bool {
        guard !shelf.entries.contains(where: { $0.name == name }) else { return false }
        return shelf.add(try model.loadAdapter(path), name, path: path)
    }

    /// Lets go of an adapter; texts that have it keep it to their end. False if there is none of that name.
    public func unloadAdapter(_ name: String) -> Bool { shelf.remove(name) }

    /// Sets how much of an adapter requests get that say nothing; 0 for nothing. False if there is none of that name, or the
    /// scale is not finite.
    public func setDefaultScale(_ scale: Float, ofAdapter name: String) -> Bool { shelf.setDefault(scale, of: name) }

    /// Works on a request; the stream ends with `.finished` or throws `EngineError`.
    public func generate(_ request: GenerationRequest) -> AsyncThrowingStream<GenerationEvent, any Error> {
        let buffer = AnswerBuffer(answers: 1, limit: options.unreadEvents)
        do throws(EngineError) {
            try queue.put([try checked(request)], into: buffer)
        } catch {
            buffer.finish(throwing: error)
        }
        return buffer.stream(\.event)
    }

    /// Works on several requests at once, whose events come in one stream; ending its iteration ends all of them.
    ///
    /// - Throws: `EngineError` if one of them can't be worked on, or if too many wait: then none is begun.
    public func generate(
        _ requests: [GenerationRequest]
    ) throws(EngineError) -> AsyncThrowingStream<AnswerEvent, any Error> {
        var entries: [RequestQueue.Request] = []
        for request in requests { entries.append(try checked(request)) }
        let buffer = AnswerBuffer(answers: requests.count, limit: options.unreadEvents)
        try queue.put(entries, into: buffer)
        return buffer.stream { $0 }
    }

    /// The most tokens that an answer to a request can have.
    func answerRoom(for request: GenerationRequest) -> Int {
        let start = model.answerStart.map { request.answerStart ?? $0 }
        let limit = request.lengthLimit(
            contextLength: contextLength, answerStart: start, answerLength: model.spec.source?.answerLength)
        return limit - request.prompt.count - (start?.count ?? 0)
    }

    /// The request as it can be worked on, and how many of its tokens were left out.
    private func checked(_ request: GenerationRequest) throws(EngineError) -> RequestQueue.Request {
        // Of the prompt as it was given: healing takes tokens away.
        let fault = request.attentionFault(hasAttention: hasAttention, readsSource: model.spec.source != nil)
        if let fault { throw .attention(fault) }
        var healed: GenerationRequest
        do {
            healed = try request.healed(model.trie, model.tokenizer)
        } catch {
            throw .constraint("\(error)")
        }
        if !request.attention.isEmpty { healed.overflow = .error }
        let fitted = healed.fitted(to: contextLength)
        try check(fitted.request)
        return (fitted.request, fitted.omitted, try shelf.chosen(request.adapters))
    }

    private func check(_ request: GenerationRequest) throws(EngineError) {
        let (count, size) = (request.prompt.count, model.vocabularySize)
        guard count > 0 else { throw .emptyPrompt }
        let start = model.answerStart.map { request.answerStart ?? $0 } ?? []
        try limits.check(tokens: count + start.count, isOnlyRead: request.maximumTokens == 0)
        if let source = model.spec.source {
            if let limit = source.contextLength, count > limit {
                throw .promptTooLong(tokens: count, contextLength: limit)
            }
            guard !request.scoresPrompt else { throw .noPromptScores }
            guard !start.isEmpty else { throw .emptyAnswerStart }
            if let limit = source.answerLength, start.count >= limit {
                throw .promptTooLong(tokens: start.count, contextLength: limit)
            }
        }
        let ids = request.prompt + start + request.sampling.logitBias.keys
        if let id = ids.first(where: { !(0..<Int32(size)).contains($0) }) {
            throw .tokenOutOfRange(id: id, vocabularySize: size)
        }
        if let tokens = request.constraint?.trie.vocabularySize, tokens != model.tokenizer.vocabularySize {
            throw .foreignConstraint(tokens: tokens, vocabularySize: model.tokenizer.vocabularySize)
        }
    }
}
