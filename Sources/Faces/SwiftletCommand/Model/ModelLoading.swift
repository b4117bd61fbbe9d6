import Architectures
import Decoding
import Essentials
import Inference
import ModelStore
import Serving

/// Opens a model with the given options.
func loadModel(
    _ path: String, options: ModelOptions, reusesPrefixes: Bool = true, concurrentRequests: Int? = nil
) throws -> any TextModel {
    try loadEngine(
        path, id: nil, options: options, reusesPrefixes: reusesPrefixes, concurrentRequests: concurrentRequests)
}

/// Opens a model and starts its engine; requests over HTTP call it `id`, which is its own name if nil. What the store's record says
/// of its use holds where the options say nothing.
///
/// - Parameters:
///   - drafting: how tokens are guessed ahead; nil for what `engine` says, without a draft model.
///   - reserved: bytes of free memory that other models may still take.
func loadEngine(
    _ path: String, id: String?, options: ModelOptions, engine: EngineOptions = EngineOptions(),
    reusesPrefixes: Bool = true, concurrentRequests: Int? = nil, toolCallFormat: ToolCallFormat? = nil,
    drafting: DraftOptions? = nil, reserved: Int = 0
) throws -> EngineModel {
    let store = LocalStore(environment: ProcessInfo.processInfo.environment)
    let record = store.model(at: path)
    var loading = try options.loading()
    if loading.chatTemplate == nil, let template = record?.settings?.template {
        loading.chatTemplate = ChatTemplateSource(name: "the template of \(path)", text: template)
    }
    if loading.adapter == nil, let record, let adapter = record.settings?.adapter {
        loading.adapter = store.folder(of: record.name) + "/" + adapter
    }
    let model = try LanguageModel.load(
        path, options: loading, weights: options.packedCache.weights(for: path), onTokenizer: ProcessMemory.trim)
    Console.note(oddities: model.notes)
    // What reads models is other code than what runs them.
    ProcessMemory.trim()
    if let context = options.context, context > model.contextLength {
        throw CommandError(
            "--context is \(context), but \(model.name) is made for \(model.contextLength) tokens; "
                + "--rope-scaling stretches it")
    }
    let draft = try drafting?.load(options)
    var engine = engine
    drafting?.apply(to: &engine)
    engine.contextLength = options.context
    engine.cacheMemory = options.cacheMemory?.bytes ?? MachineMemory.budget(besides: reserved)
    if !reusesPrefixes { engine.prefixPages = 0 }
    if let concurrentRequests { engine.concurrentRequests = max(engine.concurrentRequests, concurrentRequests) }
    // The first token goes through code that was never run before, and finding it touches every library once more.
    let onFirstToken: @Sendable () -> Void = { Task.detached { ProcessMemory.trim() } }
    let started =
        if let draft {
            try Engine(model: model, draft: draft, options: engine, onFirstToken: onFirstToken)
        } else {
            Engine(model: model, options: engine, onFirstToken: onFirstToken)
        }
    if started.contextIsLimitedByMemory {
        let memory =
            "keys and values may take \(started.cacheMemory >> 20) MiB, which hold \(started.contextLength) tokens"
        if let context = options.context {
            throw CommandError(
                "--context is \(context), but \(memory); set a larger --cache-memory or a smaller --cache-type")
        }
        Console.note("\(memory) of the model's \(model.contextLength); --cache-memory allows more")
    }
    let served = EngineModel(engine: started, id: id, toolCallFormat: toolCallFormat)
    return try record?.settings.map(served.applying) ?? served
}
