import Architectures
import Checkpoints
public import Tokenization

extension Tokenizer {
    /// The tokenizer of a model, decoder or encoder, without loading the model.
    ///
    /// - Throws: `CheckpointError`, `ArchitectureError` or `TokenizerError`, naming file and key.
    public init(modelAt path: String) throws {
        let checkpoint = try Checkpoint.open(path)
        // A file with a vocabulary only has no embedding to compare it with.
        let rows =
            checkpoint.tensors.isEmpty
            ? Int.max : try NetworkLoader(checkpoint, givesLogits: false).spec.vocabularySize
        self = try ModelFiles(checkpoint).makeTokenizer(embeddingRows: rows)
    }
}
