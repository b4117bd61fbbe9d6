import Checkpoints
import Essentials
import JSONValues
import OrderedCollections
import Tensors

/// A model that takes part in a merge: a Hugging Face folder, perhaps with an adapter.
struct MergeModel: Sendable {
    let reference: ModelReference
    /// The folder.
    let path: String
    let checkpoint: Checkpoint
    let configuration: HuggingFaceConfiguration
    private let adapter: LowRankAdapter?
    /// Heads that are tied to the embedding in the files and are not any more where an adapter changes one of the two.
    private let untied: OrderedDictionary<String, StoredTensor>
    /// Its stacks of layers, such as `model.layers`, with the number of layers in each.
    let stacks: OrderedDictionary<String, Int>

    /// Opens a model; `resolve` finds the folder of a name.
    init(_ reference: ModelReference, resolve: (String) throws -> String) throws {
        self.reference = reference
        path = try resolve(reference.model)
        checkpoint = try Checkpoint.open(path)
        try checkpoint.checkCompleteness()
        guard case .huggingFace(let configuration) = checkpoint.metadata else {
            throw MergeError(
                path: path, reason: "only Hugging Face folders are merged",
                remedy: "Convert the model to a folder first (swiftlet convert)")
        }
        self.configuration = configuration
        guard configuration.quantization == nil else {
            throw MergeError(
                path: path, reason: "the model is quantized", remedy: "Merge what it was quantized from, then quantize")
        }
        adapter = try reference.adapter.map { try LowRankAdapter(path: try resolve($0)) }
        untied = Self.untied(checkpoint, configuration, adapter)
        stacks = Self.stacks(checkpoint, configuration)
        try checkAdapter()
    }

    private static func untied(
        _ checkpoint: Checkpoint, _ configuration: HuggingFaceConfiguration, _ adapter: LowRankAdapter?
    ) -> OrderedDictionary<String, StoredTensor> {
        let head = "lm_head.weight"
        guard let adapter, checkpoint.tensors[head] == nil,
            let name = TensorNames.tied(head).first(where: { checkpoint.tensors[$0] != nil }),
            let embedding = checkpoint.tensors[name],
            adapter.modules[head] != nil || adapter.replacements[head] != nil || adapter.modules[name] != nil
        else { return [:] }
        return [head: embedding]
    }

    /// Whether a head of its own takes the place of one that was tied.
    var isUntied: Bool { !untied.isEmpty }

    private func checkAdapter() throws(MergeError) {
        guard let adapter else { return }
        for name in Array(adapter.modules.keys) + adapter.replacements.keys where tensor(name) == nil {
            throw MergeError(
                path: adapter.path, location: "tensor \(name)",
                reason: "\(path) has no tensor that the adapter changes so",
                remedy: "It was trained for \(adapter.baseModel ?? "another model")")
        }
    }

    private static func stacks(
        _ checkpoint: Checkpoint, _ configuration: HuggingFaceConfiguration
    ) -> OrderedDictionary<String, Int> {
        var stacks: OrderedDictionary<String, Int> = [:]
        for name in checkpoint.tensors.keys {
            guard let place = LayerName(name) else { continue }
            stacks[place.stack] = max(stacks[place.stack] ?? 0, place.layer + 1)
        }
        // Some models carry layers beyond their number, for training.
        if stacks.count == 1, let stack = stacks.keys.first,
            let count = ConfigurationKeys.layers.lazy.compactMap({ configuration.config[$0]?.intValue }).first,
            count > 0, count < stacks[stack] ?? 0
        {
            stacks[stack] = count
        }
        return stacks
    }

    /// The names of the model's tensors, in the order of its files.
    var names: [String] { Array(checkpoint.tensors.keys) + untied.keys }

    /// The architecture's class.
    var architecture: String {
        configuration.config["architectures"]?[0]?.stringValue ?? configuration.config["model_type"]?.stringValue
            ?? "(none)"
    }

    /// A tensor as it is stored; nil if there is none of the name.
    func tensor(_ name: String) -> StoredTensor? { checkpoint.tensors[name] ?? untied[name] }

    /// The values of a tensor, with what the adapter changes; nil if there is none of the name.
    func reader(_ name: String, rounding: DataType?) throws(CheckpointError) -> (any TensorReader)? {
        // PEFT stores an embedding whole beside what is added to it.
        guard let stored = adapter?.replacements[name] ?? tensor(name) else { return nil }
        guard let module = adapter?.modules[name] else { return try StoredReader(stored, rounding: rounding) }
        // What is rounded is the sum.
        return RoundedReader(try AdaptedReader(try StoredReader(stored), module), to: rounding)
    }
}

/// Values rounded to a type.
struct RoundedReader: TensorReader {
    private let inner: any TensorReader
    private let type: DataType?

    init(_ inner: any TensorReader, to type: DataType?) { (self.inner, self.type) = (inner, type) }

    var place: (path: String, location: String) { inner.place }
    var shape: [Int] { inner.shape }
    var dataType: DataType { inner.dataType }

    func read(_ range: Range<Int>, into values: UnsafeMutableBufferPointer<Float>) throws(CheckpointError) {
        try inner.read(range, into: values)
        values.round(to: type)
    }
}

extension UnsafeMutableBufferPointer<Float> {
    /// Rounds every value to one that the type holds.
    func round(to type: DataType?) {
        switch type {
        case .bf16: for index in indices { self[index] = self[index].roundedToBFloat }
        case .f16: for index in indices { self[index] = Half.rounded(self[index]) }
        default: break
        }
    }
}

/// The keys of `config.json` that go by several names.
enum ConfigurationKeys {
    static let layers = ["num_hidden_layers", "n_layer", "num_layers", "n_layers"]
    static let vocabulary = ["vocab_size", "padded_vocab_size"]
    /// Lists with an entry for each layer.
    static let layerLists = ["layer_types", "layers_block_type", "mlp_layer_types", "block_types", "no_rope_layers"]
    /// Where language models lie in the configuration of one with images.
    static let nested = ["text_config", "llm_config", "language_config"]
}
