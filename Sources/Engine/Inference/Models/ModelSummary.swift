import Architectures
import Checkpoints
import Tensors
import Tokenization

/// What a model's files say about it, without loading its weights.
public struct ModelSummary: Sendable {
    /// One data type of its tensors.
    package struct TensorType: Sendable {
        /// The name the field prints, such as `Q4_K`.
        package let name: String
        /// How many tensors are stored so.
        package let tensors: Int
        /// The bytes they take.
        package let bytes: Int
    }

    /// The model's name.
    public let name: String
    /// The file or folder.
    public let path: String
    /// `GGUF` or `Hugging Face`.
    public let format: String
    public let family: String
    /// All parameters.
    public let parameters: Int
    /// The bytes of all tensors.
    public let bytes: Int
    /// How the tensors are stored, most bytes first.
    package let tensorTypes: [TensorType]
    /// The positions the model was trained for.
    public let contextLength: Int
    /// The number of blocks.
    public let layers: Int
    /// The width of the residual stream.
    public let hiddenSize: Int
    /// Query heads, key and value heads, and channels of a head, of the first layer.
    public let attention: (heads: Int, keyValueHeads: Int, headSize: Int)?
    /// The number of tokens that the model knows.
    public let vocabularySize: Int
    /// The special tokens by their roles.
    public let specialTokens: [(role: String, id: Int32, piece: String)]
    /// What is odd about the files without being in the way, in sentences for people.
    public let notes: [String]
    /// The chat template's source.
    public let chatTemplate: String?

    /// Reads the headers, the configuration and the tokenizer.
    public init(path: String) throws {
        let checkpoint = try Checkpoint.open(path)
        let (loader, files) = (try NetworkLoader(checkpoint), ModelFiles(checkpoint))
        let tokenizer = try files.makeTokenizer(embeddingRows: loader.spec.vocabularySize)
        let spec = loader.spec
        notes = loader.notes
        name = files.name
        self.path = path
        format =
            switch checkpoint.format {
            case .gguf: "GGUF"
            case .huggingFace: "Hugging Face"
            case .pyTorch: "PyTorch"
            case .llama2c: "llama2.c"
            }
        family = loader.family.name
        parameters = checkpoint.parameterCount
        bytes = checkpoint.byteCount
        tensorTypes = checkpoint.byteCountByDataType.map { type, bytes in
            TensorType(
                name: type.name, tensors: checkpoint.tensors.values.count { $0.dataType == type }, bytes: bytes)
        }
        contextLength = spec.contextLength
        layers = spec.layers.count
        hiddenSize = spec.hiddenSize
        attention = spec.cacheLayers.lazy.compactMap(\.attention).first.map {
            (heads: spec.queryHeads ?? $0.heads, keyValueHeads: $0.heads, headSize: $0.keySize)
        }
        vocabularySize = spec.vocabularySize
        let special = tokenizer.specialTokens
        let roles = [
            ("begin of text", special.beginOfText), ("end of text", special.endOfText),
            ("end of turn", special.endOfTurn), ("unknown", special.unknown), ("padding", special.padding),
        ]
        specialTokens = roles.compactMap { role, id in id.map { (role, $0, tokenizer.piece(of: $0) ?? "") } }
        chatTemplate = try files.chatTemplateSource()
    }
}
