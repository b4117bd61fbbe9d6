package import Checkpoints
import JSONValues
import OrderedCollections

/// What a folder of sentence-transformers says: where the network is, how its states are pooled, and what comes then.
package struct SentenceModules: Sendable {
    /// What is done with the pooled vector.
    enum Step: Sendable {
        case dense(DenseLayer)
        case normalize
    }

    /// The folder with the network.
    package var network: ModuleFolder
    package var pooling = Pooling(.mean)
    var steps: [Step] = []
    package var maximumTokens: Int?
    package var lowercases = false
    var prompts: [String: String] = [:]
    var usualPrompt: String?
    var similarity = Similarity.cosine

    /// Whether pooled vectors go through layers of their own.
    package var hasLayers: Bool { steps.contains { if case .dense = $0 { true } else { false } } }

    /// Whether the last step brings vectors to length 1.
    package var normalizes: Bool {
        if case .normalize = steps.last { true } else { false }
    }

    /// A folder without modules: the mean of the states.
    package init(plain folder: ModuleFolder) { network = folder }

    /// Reads `modules.json` and the modules' own settings; nil if there is none.
    package init?(_ folder: ModuleFolder) throws {
        guard let list = try folder.json("modules.json")?.arrayValue else { return nil }
        network = folder
        var seesNetwork = false
        for (index, module) in list.enumerated() {
            let key = "modules.json[\(index)]"
            guard let type = module["type"]?.stringValue?.split(separator: ".").last,
                let place = module["path"]?.stringValue
            else { throw EmbeddingError.model(path: folder.path, key: key, reason: "has no type and path") }
            let own = try folder.folder(place)
            switch type {
            case "Transformer" where index == 0:
                network = own
                seesNetwork = true
            case "Pooling" where index == 1: pooling = try Pooling(own.json("config.json") ?? [:], path: own.path)
            case "Dense": steps.append(.dense(try Self.dense(own)))
            case "Normalize": steps.append(.normalize)
            case "Dropout": continue
            default:
                throw EmbeddingError.model(
                    path: folder.path, key: key,
                    reason:
                        "a module \(type) in this place is not supported; Transformer, Pooling, Dense and Normalize are"
                )
            }
        }
        guard seesNetwork else {
            throw EmbeddingError.model(path: folder.path, key: "modules.json", reason: "names no Transformer")
        }
        try readSettings(folder)
    }

    private mutating func readSettings(_ folder: ModuleFolder) throws {
        if let settings = try network.json("sentence_bert_config.json") {
            maximumTokens = settings["max_seq_length"]?.intValue
            lowercases = settings["do_lower_case"]?.boolValue ?? false
        }
        guard let settings = try folder.json("config_sentence_transformers.json") else { return }
        for (name, text) in settings["prompts"]?.objectValue ?? [:] { prompts[name] = text.stringValue }
        if let name = settings["default_prompt_name"]?.stringValue {
            guard let text = prompts[name] else {
                throw EmbeddingError.model(
                    path: folder.path, key: "default_prompt_name", reason: "\(name) is not among the prompts")
            }
            usualPrompt = text
        }
        similarity = settings["similarity_fn_name"]?.stringValue.flatMap(Similarity.init(rawValue:)) ?? .cosine
    }

    private static func dense(_ folder: ModuleFolder) throws -> DenseLayer {
        let settings = try folder.json("config.json") ?? [:]
        for key in ["module_input_name", "module_output_name"] {
            if let name = settings[key]?.stringValue, name != "sentence_embedding" {
                throw EmbeddingError.model(
                    path: folder.path, key: key, reason: "is \(name); only sentence_embedding is supported")
            }
        }
        let name = settings["activation_function"]?.stringValue ?? "Tanh"
        let layer = try DenseLayer(
            "linear", of: Table(tensors: folder.tensors()), path: folder.path,
            function: .init(name, path: folder.path, key: "activation_function"),
            addsInput: settings["use_residual"]?.boolValue ?? false)
        guard settings["in_features"]?.intValue ?? layer.inputs == layer.inputs,
            settings["out_features"]?.intValue ?? layer.outputs == layer.outputs
        else {
            throw EmbeddingError.model(
                path: folder.path, key: "in_features and out_features",
                reason: "do not fit the matrix [\(layer.outputs), \(layer.inputs)]")
        }
        return layer
    }

    private struct Table: TensorTable {
        let tensors: OrderedDictionary<String, StoredTensor>
        func tensor(_ name: String) -> StoredTensor? { tensors[name] }
    }

    /// The length of the vectors if the network's states have `width` channels.
    func dimensions(width: Int) throws(EmbeddingError) -> Int {
        var size = width * pooling.modes.count
        for case .dense(let layer) in steps {
            guard layer.inputs == size else {
                throw .model(
                    path: network.path, key: "modules.json",
                    reason: "a Dense module takes \(layer.inputs) values, but \(size) come before it")
            }
            size = layer.outputs
        }
        return size
    }

    /// What becomes of a pooled vector.
    func finish(_ vector: [Float], normalizes: Bool?) -> [Float] {
        var vector = vector
        for (index, step) in steps.enumerated() {
            switch step {
            case .dense(let layer): vector = layer(vector)
            case .normalize where index == steps.count - 1 && normalizes == false: break
            case .normalize: Similarity.normalize(&vector)
            }
        }
        return vector
    }
}
