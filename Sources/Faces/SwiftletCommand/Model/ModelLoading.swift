import Architectures
import Decoding
import Inference
import Serving

/// Opens a model with the given options.
func loadModel(
    _ path: String, options: ModelOptions, reusesPrefixes: Bool = true, concurrentRequests: Int? = nil
) async throws -> any TextModel {
    try await loadEngine(
        path, id: nil, options: options, reusesPrefixes: reusesPrefixes, concurrentRequests: concurrentRequests)
}

/// Opens a model and starts its engine; requests over HTTP call it `id`, which is its own name if nil.
func loadEngine(
    _ path: String, id: String?, options: ModelOptions, engine: EngineOptions = EngineOptions(),
    reusesPrefixes: Bool = true, concurrentRequests: Int? = nil
) async throws -> EngineModel {
    let model = try LanguageModel.load(
        path, options: options.loading(), weights: options.packedCache.weights(for: path),
        onTokenizer: ProcessMemory.trim)
    Console.note(oddities: model.notes)
    // What reads models is other code than what runs them.
    ProcessMemory.trim()
    if let context = options.context, context > model.contextLength {
        throw CommandError(
            "--context is \(context), but \(model.name) is made for \(model.contextLength) tokens; "
                + "--rope-scaling stretches it")
    }
    var engine = engine
    engine.contextLength = options.context
    engine.cacheMemory = options.cacheMemory?.bytes
    if !reusesPrefixes { engine.prefixPages = 0 }
    if let concurrentRequests { engine.concurrentRequests = max(engine.concurrentRequests, concurrentRequests) }
    // The first token goes through code that was never run before, and finding it touches every library once more.
    let started = Engine(model: model, options: engine, onFirstToken: { Task.detached { ProcessMemory.trim() } })
    if started.contextIsLimitedByMemory {
        let memory =
            "keys and values may take \(started.cacheMemory >> 20) MiB, which hold \(started.contextLength) tokens"
        if let context = options.context {
            throw CommandError(
                "--context is \(context), but \(memory); set a larger --cache-memory or a smaller --cache-type")
        }
        Console.note("\(memory) of the model's \(model.contextLength); --cache-memory allows more")
    }
    return EngineModel(engine: started, id: id)
}
