import Files
package import JSONValues
package import OrderedCollections

/// A low-rank adapter (LoRA, arXiv:2106.09685) in PEFT's format: what to add to the weights of a model.
package struct LowRankAdapter: Sendable {
    /// What to add to one weight W [outputs, inputs]: `scale` * B * A.
    package struct Module: Sendable {
        /// The name of the weight in the model, such as `model.layers.0.self_attn.q_proj.weight`.
        package let weight: String
        /// A [rank, inputs].
        package let a: StoredTensor
        /// B [outputs, rank].
        package let b: StoredTensor
        /// alpha / rank, or alpha / sqrt(rank) with rsLoRA (arXiv:2312.03732).
        package let scale: Float
        /// Whether the model stores this weight as [inputs, outputs], so that the transposed product is added.
        package let isTransposed: Bool
        /// Whether it changes an embedding [tokens, channels], of which A is [rank, tokens] and B [channels, rank].
        package let isEmbedding: Bool
        /// What to add to the bias, times `scale`: [outputs], nil for nothing.
        package let bias: StoredTensor?

        package var rank: Int { a.shape[0] }
    }

    /// The folder.
    package let path: String
    /// `adapter_config.json`.
    package let configuration: JSON
    /// The model that it was trained for, as its author wrote it.
    package let baseModel: String?
    /// By the names of the weights.
    package let modules: OrderedDictionary<String, Module>
    /// Whole tensors that take the place of the model's, by the model's names: biases and `modules_to_save`.
    package let replacements: OrderedDictionary<String, StoredTensor>

    /// Reads `adapter_config.json` and `adapter_model.safetensors` or `adapter_model.bin` in a folder; checks names and
    /// shapes, reads no tensor.
    package init(path: String) throws(CheckpointError) {
        let reader = try LowRankAdapterReader(folder: path)
        self.path = path
        configuration = reader.configuration
        baseModel = reader.configuration["base_model_name_or_path"]?.stringValue
        modules = reader.modules
        replacements = reader.replacements
    }

    /// Whether a folder holds an adapter rather than a model.
    package static func isAdapter(_ path: String) -> Bool { FileKind(path: "\(path)/adapter_config.json") == .file }
}
