import Architectures
import Checkpoints
import JSONValues
package import Tensors

/// What a model is for, as its files tell.
public enum ModelKind: Sendable, Hashable {
    /// It continues texts.
    case language
    /// It turns texts into vectors with a network.
    case sentenceEncoder
    /// It scores pairs of texts.
    case crossEncoder
    /// It has a vector for each token.
    case tokenVectors
    /// It has a vector for each word.
    case wordVectors

    /// Finds out by the headers of a file or the settings of a folder; what is neither is taken for a language model.
    ///
    /// - Throws: `CheckpointError` or `ArchitectureError` if they cannot be read.
    public static func of(_ path: String) throws -> ModelKind {
        guard ModuleFolder.isFolder(path) else {
            if StaticVectors.recognizes(path) { return .wordVectors }
            return try kind(of: Checkpoint.open(path))
        }
        let folder = ModuleFolder(path)
        if try TokenEmbedder.recognizes(path) { return .tokenVectors }
        let names = try folder.json("config.json")?["architectures"]?.arrayValue?.compactMap(\.stringValue) ?? []
        if names.contains(where: { $0.hasSuffix("ForSequenceClassification") }) { return .crossEncoder }
        if names.contains(where: { $0.hasSuffix("ForCausalLM") }), try answersYesOrNo(folder) { return .crossEncoder }
        if folder.contains("modules.json") { return .sentenceEncoder }
        return try kind(of: Checkpoint.open(path))
    }

    /// Whether a language model is there to say whether a document answers a query: its modules tell, or, since Qwen's own
    /// folders have nothing else that would, its name.
    private static func answersYesOrNo(_ folder: ModuleFolder) throws -> Bool {
        if let modules = try folder.json("modules.json")?.arrayValue {
            return modules.contains { RelevanceQuestion.isLogitScore($0) }
        }
        let names = folder.path.split(separator: "/").suffix(2)
        return names.contains { $0.lowercased().contains("rerank") }
    }

    private static func kind(of checkpoint: Checkpoint) throws -> ModelKind {
        try NetworkLoader(checkpoint).spec.output == nil ? .sentenceEncoder : .language
    }

    /// Opens a model that embeds texts: of sentences, tokens or words. Language models do so through their last states.
    ///
    /// - Parameters:
    ///   - options: how a network is loaded; models without one have no use for it.
    ///   - weights: where a network's packed weights are kept from one start to the next.
    package static func loadEmbedder(
        _ path: String, options: SentenceEncoder.LoadingOptions = SentenceEncoder.LoadingOptions(),
        weights: PackedWeights? = nil
    ) throws -> any TextEmbedder {
        switch try of(path) {
        case .wordVectors: return try WordEmbedder.load(path)
        case .tokenVectors: return try TokenEmbedder.load(path)
        case .crossEncoder:
            throw EmbeddingError.model(
                path: path, key: "config.json", reason: "this model scores pairs of texts; use it to rerank")
        case .language, .sentenceEncoder: return try SentenceEncoder.load(path, options: options, weights: weights)
        }
    }
}
