import Files
import JSONValues
import OrderedCollections
import Tensors

/// Sorts the tensors of an adapter by what they are for, and checks them.
struct LowRankAdapterReader {
    let configuration: JSON
    private(set) var modules: OrderedDictionary<String, LowRankAdapter.Module> = [:]
    private(set) var replacements: OrderedDictionary<String, StoredTensor> = [:]
    private let configurationPath: String
    private let rank: Int
    private let alpha: Double

    init(folder: String) throws(CheckpointError) {
        let configuration = try MappedFile.opened("\(folder)/adapter_config.json")
        let names = ["adapter_model.safetensors", "adapter_model.bin"]
        guard let name = names.first(where: { FileKind(path: "\(folder)/\($0)") == .file }) else {
            // What is wrong with the configuration tells more.
            _ = try LowRankAdapterReader(configuration: configuration)
            throw CheckpointError(
                path: folder, reason: "none of \(names.joined(separator: ", ")) is in the folder",
                remedy: "Download the weights too")
        }
        self = try LowRankAdapterReader(configuration: configuration)
        try add(WeightIndex.tensors(inFile: "\(folder)/\(name)"), path: "\(folder)/\(name)")
    }

    /// Reads and checks the configuration.
    init(configuration file: MappedFile) throws(CheckpointError) {
        configurationPath = file.path
        configuration = try file.json()
        rank = configuration["r"]?.intValue ?? 8
        alpha = configuration["lora_alpha"]?.doubleValue ?? 8
        try checkConfiguration()
    }

    /// Sorts the tensors of the file at `path`.
    mutating func add(
        _ tensors: OrderedDictionary<String, StoredTensor>, path: String
    ) throws(CheckpointError) {
        for tensor in tensors.values { try add(tensor, of: tensors) }
        guard !modules.isEmpty || !replacements.isEmpty else {
            throw CheckpointError(path: path, reason: "there are no tensors of an adapter in it")
        }
    }

    private func checkConfiguration() throws(CheckpointError) {
        func refuse(_ key: String, _ reason: String) -> CheckpointError {
            CheckpointError(
                path: configurationPath, location: "key \(key)", reason: reason,
                remedy: "Merge the adapter into its model with PEFT first")
        }
        let type = configuration["peft_type"]?.stringValue ?? "(none)"
        guard type == "LORA" else { throw refuse("peft_type", "adapters of the type \(type) are not read, only LORA") }
        for key in ["use_dora", "use_qalora", "use_bdlora"] where configuration[key]?.boolValue == true {
            throw refuse(key, key == "use_dora" ? "DoRA is not read, only LoRA" : "this kind of LoRA is not read")
        }
        for key in ["layer_replication", "alora_invocation_tokens", "target_parameters", "arrow_config", "kasa_config"]
        {
            guard let value = configuration[key], !value.isNull, value.arrayValue?.isEmpty != true else { continue }
            throw refuse(key, "this kind of LoRA is not read")
        }
        guard rank > 0, alpha.isFinite, Float(alpha).isFinite else {
            throw refuse("r", "a rank of \(rank) with an alpha of \(alpha) is impossible")
        }
        if configuration["ensure_weight_tying"]?.boolValue == true {
            throw refuse("ensure_weight_tying", "adapters of tied matrices are read one by one only")
        }
    }

    private mutating func add(
        _ tensor: StoredTensor, of tensors: OrderedDictionary<String, StoredTensor>
    ) throws(CheckpointError) {
        let prefix = "base_model.model."
        guard tensor.name.hasPrefix(prefix) else {
            throw error(tensor, "its name does not begin with \(prefix)")
        }
        let name = String(tensor.name.dropFirst(prefix.count))
        for (a, b) in [("lora_A.weight", "lora_B.weight"), ("lora_embedding_A", "lora_embedding_B")] {
            if name.hasSuffix(".\(a)") {
                let layer = String(name.dropLast(a.count + 1))
                guard let other = tensors["\(prefix)\(layer).\(b)"] else { throw error(tensor, "\(b) is missing") }
                return try addModule(
                    layer, tensor, other, bias: tensors["\(prefix)\(layer).lora_B.bias"],
                    isEmbedding: a == "lora_embedding_A")
            }
            if name.hasSuffix(".\(b)") {
                guard tensors["\(prefix)\(name.dropLast(b.count))\(a)"] != nil else {
                    throw error(tensor, "\(a) is missing")
                }
                return
            }
        }
        if name.hasSuffix(".lora_B.bias") {
            guard tensors["\(prefix)\(name.dropLast(4))weight"] != nil else {
                throw error(tensor, "its weight is missing")
            }
            return
        }
        guard !name.contains(".lora_"), name.hasSuffix(".weight") || name.hasSuffix(".bias") else {
            throw error(tensor, "this part of an adapter is not read", remedy: "Merge the adapter with PEFT first")
        }
        replacements[plain(name)] = tensor
    }

    /// The model's own name: without what PEFT wraps modules in.
    private func plain(_ name: String) -> String {
        name.split(separator: ".", omittingEmptySubsequences: false)
            .filter { $0 != "base_layer" && $0 != "modules_to_save" }.joined(separator: ".")
    }

    private mutating func addModule(
        _ layer: String, _ a: StoredTensor, _ b: StoredTensor, bias: StoredTensor?, isEmbedding: Bool
    ) throws(CheckpointError) {
        guard a.shape.count == 2, b.shape.count == 2, a.shape[0] == b.shape[1], a.shape[0] > 0 else {
            throw error(a, "its shape \(a.shape) and \(b.shape) of its partner are no product")
        }
        guard a.dataType.isWeightType, b.dataType.isWeightType else {
            throw error(a, "it is stored as \(a.dataType.name), which holds no weights")
        }
        if let bias, bias.shape != [b.shape[0]] || !bias.dataType.isWeightType {
            throw error(bias, "its shape \(bias.shape) is not that of \(b.shape[0]) outputs")
        }
        let expected = try value(for: layer, in: "rank_pattern").map(Int.init) ?? rank
        guard expected == a.shape[0] else {
            throw error(a, "its rank is \(a.shape[0]), but adapter_config.json says \(expected)")
        }
        let alpha = try value(for: layer, in: "alpha_pattern") ?? alpha
        let isStabilized = configuration["use_rslora"]?.boolValue == true
        let name = "\(plain(layer)).weight"
        modules[name] = LowRankAdapter.Module(
            weight: name, a: a, b: b,
            scale: Float(alpha / (isStabilized ? Double(expected).squareRoot() : Double(expected))),
            // An embedding [tokens, channels] is the transposed of what its A [rank, tokens] and B [channels, rank] make.
            isTransposed: isEmbedding || configuration["fan_in_fan_out"]?.boolValue == true, isEmbedding: isEmbedding,
            bias: bias)
    }

    /// The number that a pattern gives to a layer: the first whose key is the end of its name, as PEFT matches them.
    private func value(for layer: String, in key: String) throws(CheckpointError) -> Double? {
        for (pattern, value) in configuration[key]?.objectValue ?? [:] {
            guard let matches = Self.matches(pattern, layer), let number = value.doubleValue, number > 0, number < 1e9
            else {
                throw CheckpointError(
                    path: configurationPath, location: "key \(key)",
                    reason: "\(pattern): \(value) is not a regular expression and a number")
            }
            if matches { return number }
        }
        return nil
    }

    /// Whether `layer` is `pattern`, a regular expression, or ends in a dot and it; nil if it is none.
    private static func matches(_ pattern: String, _ layer: String) -> Bool? {
        if layer == pattern || layer.hasSuffix(".\(pattern)") { return true }
        guard pattern.utf8.count <= 512, let expression = try? Regex("(?:.*\\.)?(?:\(pattern))") else { return nil }
        return layer.wholeMatch(of: expression) != nil
    }

    private func error(_ tensor: StoredTensor, _ reason: String, remedy: String? = nil) -> CheckpointError {
        CheckpointError(path: tensor.file.path, location: "tensor \(tensor.name)", reason: reason, remedy: remedy)
    }
}
