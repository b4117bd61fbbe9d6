import Essentials
import Inference
import ModelStore
import Serving

/// Loads models of every kind for a server, under the options that it was started with.
struct ServedModelLoader: Sendable {
    let modelOptions: ModelOptions
    let engineOptions: EngineOptions
    /// Whether f32 weights of models that embed or rerank become bf16.
    let roundsWeights: Bool
    let toolCallFormat: ToolCallFormat?

    /// Loads the model at a path.
    ///
    /// - Parameters:
    ///   - id: the name by which requests ask for it.
    ///   - drafting: how a language model's tokens are guessed ahead; nil for what the engine's options say, without a draft model.
    ///   - reserved: bytes of free memory that other models may still take.
    func load(_ path: String, id: String, drafting: DraftOptions? = nil, reserved: Int = 0) throws -> LoadedModel {
        Console.note("loading \(path)")
        switch try ModelKind.of(path) {
        case .language:
            let model = try loadEngine(
                path, id: id, options: modelOptions, engine: engineOptions, toolCallFormat: toolCallFormat,
                drafting: drafting, reserved: reserved)
            return .language(model)
        case .crossEncoder:
            let encoder = try CrossEncoder.load(path, threads: modelOptions.threads, roundsWeights: roundsWeights)
            Console.note(oddities: encoder.notes)
            return .reranker(ServedReranker(id: id, created: Self.date(of: path), reranker: encoder))
        case .sentenceEncoder, .tokenVectors, .wordVectors:
            var options = SentenceEncoder.LoadingOptions()
            (options.threads, options.roundsWeights) = (modelOptions.threads, roundsWeights)
            let weights = modelOptions.packedCache.weights(for: path, isRounded: roundsWeights)
            let embedder = try ModelKind.loadEmbedder(path, options: options, weights: weights)
            Console.note(oddities: embedder.notes)
            return .embedder(ServedEmbedder(id: id, created: Self.date(of: path), embedder: embedder))
        }
    }

    /// When a model's file or folder was last changed, in seconds since 1970.
    private static func date(of path: String) -> Int {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        return Int((attributes?[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0)
    }
}
