import Architectures
import Checkpoints
package import Templating
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

extension ChatTemplate {
    /// The chat template of a model, or `given` in its place, without loading the model; nil if there is neither.
    ///
    /// - Throws: `CheckpointError`, or `TemplateError` with the line.
    package static func ofModel(
        at path: String, tokenizer: Tokenizer, given: ChatTemplateSource? = nil
    ) throws -> ChatTemplate? {
        try ModelFiles(Checkpoint.open(path)).makeChatTemplate(tokenizer, given: given)
    }
}
