import Files
public import JSONValues
public import OrderedCollections

/// A low-rank adapter (LoRA, arXiv:2106.09685) in PEFT's format: what to add to the weights of a model.
public struct LowRankAdapter: Sendable {
    /// What to add to one weight W [outputs, inputs]: `scale` * B * A.
    public struct Module: Sendable {
        /// The name of the weight in the model, such as `model.layers.0.self_attn.q_proj.weight`.
        public let weight: String
        /// A [rank, inputs].
        public let a: StoredTensor
        /// B [outputs, rank].
        public let b: StoredTensor
        /// alpha / rank, or alpha / sqrt(rank) with rsLoRA (arXiv:2312.03732).
        public let scale: Float
        /// Whether the model stores this weight as [inputs, outputs], so that the transposed product is added.
        public let isTransposed: Bool
        /// Whether it changes an embedding [tokens, channels], of which A is [rank, tokens] and B [channels, rank].
        public let isEmbedding: Bool
        /// What to add to the bias, times `scale`: [outputs], nil for nothing.
        public let bias: StoredTensor?

        /// The rank.
        public var rank: Int { a.shape[0] }
    }

    /// The folder.
    public let path: String
    /// `adapter_config.json`.
    public let configuration: JSON
    /// The model that it was trained for, as its author wrote it.
    public let baseModel: String?
    /// By the names of the weights.
    public let modules: OrderedDictionary<String, Module>
    /// Whole tensors that take the place of the model's, by the model's names: biases and `modules_to_save`.
    public let replacements: OrderedDictionary<String, StoredTensor>

    /// Reads `adapter_config.json` and `adapter_model.safetensors` or `adapter_model.bin` in a folder; checks names and
    /// shapes, reads no tensor.
    public init(path: String) throws(CheckpointError) {
        let reader = try LowRankAdapterReader(folder: path)
        self.path = path
        configuration = reader.configuration
        baseModel = reader.configuration["base_model_name_or_path"]?.stringValue
        modules = reader.modules
        replacements = reader.replacements
    }

    /// Whether a folder holds an adapter rather than a model.
    public static func isAdapter(_ path: String) -> Bool { FileKind(path: "\(path)/adapter_config.json") == .file }
}
