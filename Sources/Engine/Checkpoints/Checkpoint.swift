import Files
package import JSONValues
package import OrderedCollections
package import Tensors

/// A model as it lies on disk: its tensors, still in the mapped files, and what it says about itself.
package struct Checkpoint: Sendable {
    /// How the model is stored.
    package enum Format: Sendable {
        /// One GGUF file or a set of shards.
        case gguf
        /// A folder with `config.json` and files of safetensors or PyTorch.
        case huggingFace
        /// One file of PyTorch, without a configuration.
        case pyTorch
        /// One file of llama2.c; the configuration is made from its header.
        case llama2c
    }

    /// What the model says about itself.
    package enum Metadata: Sendable {
        /// The key-value pairs of a GGUF file, of the first one if there are shards.
        case gguf(GGUFMetadata)
        /// The JSON files of a folder, or a `config.json` made from another header.
        case huggingFace(HuggingFaceConfiguration)
        /// Nothing but the names and shapes of the tensors, as in RWKV's and Meta's files; `parameters` is `params.json`
        /// beside the file, which Meta's releases have.
        case bare(parameters: JSON?)
    }

    /// The file or folder that was opened.
    package let path: String
    /// The tensors by name, in the order of the file.
    package let tensors: OrderedDictionary<String, StoredTensor>
    /// What the model says about itself.
    package let metadata: Metadata

    /// How the model is stored.
    package let format: Format
    /// What is odd about the files without being in the way, in sentences for people.
    package let notes: [String]
    /// Tensors that the index of the files lists and that none of them holds.
    package let missingTensors: [String]

    init(
        path: String, tensors: OrderedDictionary<String, StoredTensor>, metadata: Metadata, format: Format? = nil,
        notes: [String] = [], missingTensors: [String] = []
    ) {
        self.path = path
        self.notes = notes
        self.missingTensors = missingTensors
        self.tensors = tensors
        self.metadata = metadata
        let usual: Format =
            switch metadata {
            case .gguf: .gguf
            case .huggingFace: .huggingFace
            case .bare: .pyTorch
            }
        self.format = format ?? usual
    }

    /// Refuses models without some of the tensors that their index lists.
    package func checkCompleteness() throws(CheckpointError) {
        guard let first = missingTensors.first else { return }
        throw CheckpointError(
            path: path, location: "tensor \(first)",
            reason: "the index lists it" + (missingTensors.count > 1 ? " and \(missingTensors.count - 1) more" : "")
                + ", which no file holds",
            remedy: "The files are incomplete; download them again")
    }

    /// The elements of all tensors.
    package var parameterCount: Int { tensors.values.reduce(0) { $0 + $1.elementCount } }
    /// The bytes of all tensors.
    package var byteCount: Int { tensors.values.reduce(0) { $0 + $1.byteCount } }

    /// The bytes of all tensors by data type, most first.
    package var byteCountByDataType: OrderedDictionary<DataType, Int> {
        var counts: OrderedDictionary<DataType, Int> = [:]
        for tensor in tensors.values { counts[tensor.dataType, default: 0] += tensor.byteCount }
        counts.sort { ($1.value, $0.key.name) < ($0.value, $1.key.name) }
        return counts
    }

    /// Lets go of all pages of the files; they are read again when touched.
    package func releasePages() {
        var released: Set<ObjectIdentifier> = []
        for file in tensors.values.map(\.file) where released.insert(ObjectIdentifier(file)).inserted {
            file.advise(.dontNeed, 0..<file.count)
        }
    }

    /// Opens a GGUF file, any shard of a sharded one, a Hugging Face folder, one file of PyTorch or of llama2.c; checks the
    /// headers, reads no tensor.
    package static func open(_ path: String) throws(CheckpointError) -> Checkpoint {
        let kind = FileKind(path: path)
        if kind == .folder { return try openFolder(path) }
        if kind == .file, path.hasSuffix(".safetensors") || path.hasSuffix(".json") {
            throw CheckpointError(
                path: path, reason: "this is one file of a Hugging Face folder", remedy: "Open the folder itself")
        }
        let file = try MappedFile.opened(path)
        if PyTorchFile.recognizes(file) { return try openPyTorch(file) }
        if path.hasSuffix(".bin"), let checkpoint = try openLlama2c(file) { return checkpoint }
        return try openGGUF(file)
    }

    /// The tensors of one file of safetensors.
    package static func tensors(
        inSafetensors path: String
    ) throws(CheckpointError) -> OrderedDictionary<String, StoredTensor> {
        try SafetensorsReader(.opened(path)).tensors
    }
}
