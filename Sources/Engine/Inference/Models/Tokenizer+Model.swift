import Architectures
import Checkpoints
public import Tokenization

extension Tokenizer {
    /// The tokenizer of a model, decoder or encoder, without loading the model.
    ///
    /// - Throws: `CheckpointError`, `ArchitectureError` or `TokenizerError`, naming file and key.
    public init(modelAt path: String) throws {
        let checkpoint = try Checkpoint.open(path)
        let rows = try NetworkLoader(checkpoint, givesLogits: false).spec.vocabularySize
        self = try ModelFiles(checkpoint).makeTokenizer(embeddingRows: rows)
    }
}
