/// What a served model's files say about it.
public struct ModelDetails: Sendable, Hashable {
    /// The file or folder.
    public var path: String
    /// `gguf`, `safetensors` or another format.
    public var format: String
    /// The family's name, such as `llama`.
    public var family: String
    /// All parameters.
    public var parameters: Int
    /// The bytes of all weights.
    public var bytes: Int
    /// How most of the weights are stored, such as `Q4_0`.
    public var quantization: String
    /// The width of the residual stream, and the number of blocks.
    public var hiddenSize: Int, layers: Int

    /// Describes a model.
    public init(
        path: String, format: String, family: String, parameters: Int, bytes: Int, quantization: String,
        hiddenSize: Int, layers: Int
    ) {
        self.path = path
        self.format = format
        self.family = family
        self.parameters = parameters
        self.bytes = bytes
        self.quantization = quantization
        self.hiddenSize = hiddenSize
        self.layers = layers
    }

    /// The number of parameters as people write it: `134.52M`.
    var parameterText: String {
        for (factor, unit) in [(1e9, "B"), (1e6, "M"), (1e3, "K")] where Double(parameters) >= factor {
            return Self.decimal(Double(parameters) / factor) + unit
        }
        return String(parameters)
    }

    private static func decimal(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return tenths % 10 == 0 ? String(tenths / 10) : "\(tenths / 10).\(tenths % 10)"
    }
}
