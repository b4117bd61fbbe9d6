/// A model family: what its files call things, and how its configuration becomes a spec.
public struct Family: Sendable {
    /// The name people use.
    public let name: String
    /// Values of `model_type` in config.json.
    public let modelTypes: [String]
    /// Values of `general.architecture` in GGUF.
    public let ggufArchitectures: [String]
    /// The names of tensors in Hugging Face checkpoints.
    public let tensorNames: TensorNames
    /// Reads the configuration.
    public let makeSpec: @Sendable (Hyperparameters) throws -> DecoderSpec

    /// All families, in the order of their names.
    public static let all: [Family] = [llama, mistral, qwen2]
}
