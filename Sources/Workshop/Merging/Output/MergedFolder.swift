import Checkpoints
import Essentials
import Files
import JSONValues
import OrderedCollections
import Tensors

/// The files of the result beside its weights.
struct MergedFolder {
    let configuration: MergeConfiguration
    let plan: MergePlan
    /// What the model is called in its card.
    let name: String

    /// `config.json`: the donor's, with the number of layers, of tokens and the type that the result has.
    var config: JSON {
        var object = plan.donor.configuration.config.objectValue ?? [:]
        let type = plan.mainType
        let typeKey = object["dtype"] != nil ? "dtype" : "torch_dtype"
        if let name = type.pyTorchName {
            object[typeKey] = .string(name)
        }
        change(&object, isNested: false)
        for key in ConfigurationKeys.nested {
            guard var nested = object[key]?.objectValue else { continue }
            change(&nested, isNested: true)
            object[key] = .object(nested)
        }
        return .object(object)
    }

    private func change(_ object: inout JSON.Object, isNested: Bool) {
        if let vocabulary = plan.vocabulary, let key = ConfigurationKeys.vocabulary.first(where: { object[$0] != nil })
        {
            object[key] = .integer(vocabulary.rows)
        }
        let stacks = plan.layers.filter { !isNested || $0.key.contains("language") || $0.key.contains("text") }
        if stacks.count == 1, let stack = stacks.values.first {
            if let key = ConfigurationKeys.layers.first(where: { object[$0] != nil }) {
                object[key] = .integer(stack.count)
            }
            for key in ConfigurationKeys.layerLists where object[key]?.arrayValue != nil {
                object[key] = .array(stack.compactMap { layer in layerEntry(key, layer, isNested: isNested) })
            }
        }
        if object["tie_word_embeddings"]?.boolValue == true, plan.hasUntiedHead {
            object["tie_word_embeddings"] = .bool(false)
        }
    }

    /// What a model says about one of its layers.
    private func layerEntry(_ key: String, _ layer: (model: ModelReference, layer: Int), isNested: Bool) -> JSON? {
        guard let config = plan.models[layer.model]?.configuration.config else { return nil }
        let places = isNested ? ConfigurationKeys.nested.compactMap { config[$0] } : [config]
        return places.lazy.compactMap { $0[key]?[layer.layer] }.first
    }

    /// The files that are taken over as they are.
    private static let copied = [
        "generation_config.json", "tokenizer_config.json", "special_tokens_map.json", "tokenizer.json",
        "tokenizer.model",
        "added_tokens.json", "merges.txt", "vocab.json", "chat_template.jinja", "chat_template.json",
        "preprocessor_config.json", "video_preprocessor_config.json", "processor_config.json",
    ]

    /// Writes all of them.
    func write(to folder: String) throws {
        try write(config.text(.pretty) + "\n", "config.json", folder)
        var files = Self.copied
        let donor = plan.donor.path
        if let vocabulary = plan.vocabulary {
            // The lists of older formats would contradict the new one.
            files.removeAll {
                ["tokenizer.json", "tokenizer.model", "added_tokens.json", "merges.txt", "vocab.json"].contains($0)
            }
            try write(vocabulary.file.json.text(.pretty) + "\n", "tokenizer.json", folder)
            let own = vocabulary.file.folder
            if let json = try vocabulary.file.configuration(ModuleFolder(own).json("tokenizer_config.json")) {
                files.removeAll { $0 == "tokenizer_config.json" }
                try write(json.text(.pretty) + "\n", "tokenizer_config.json", folder)
            }
            for name in ["special_tokens_map.json", "chat_template.jinja"] {
                files.removeAll { $0 == name }
                try Self.copy(name, from: own, to: folder)
            }
        }
        if let template = try ChatTemplateChoice.template(configuration, plan) {
            files.removeAll { $0 == "chat_template.jinja" || $0 == "chat_template.json" }
            try write(template, "chat_template.jinja", folder)
        }
        for name in files { try Self.copy(name, from: donor, to: folder) }
        try write(ModelCard.text(configuration, models: Array(plan.models.keys), name: name), "README.md", folder)
        try write(configuration.text, "mergekit_config.yml", folder)
    }

    /// Copies what stands beside a model's weights; `config` takes the place of its own.
    static func copyFiles(of model: MergeModel, to folder: String, config: JSON? = nil) throws {
        let text = (config ?? model.configuration.config).text(.pretty) + "\n"
        try AtomicFile.write(Array(text.utf8), to: "\(folder)/config.json")
        for name in copied { try copy(name, from: model.path, to: folder) }
    }

    private static func copy(_ name: String, from source: String, to folder: String) throws {
        guard FileSystem.isFile("\(source)/\(name)") else { return }
        try AtomicFile.write(try FileSystem.contents(of: "\(source)/\(name)", limit: 1 << 30), to: "\(folder)/\(name)")
    }

    private func write(_ text: String, _ name: String, _ folder: String) throws {
        try AtomicFile.write(Array(text.utf8), to: "\(folder)/\(name)")
    }
}

extension MergePlan {
    /// The type that most of the result is stored as.
    var mainType: DataType {
        var counts: [DataType: Int] = [:]
        for tensor in tensors { counts[tensor.dataType, default: 0] += tensor.shape.reduce(1, *) }
        return counts.max { ($0.value, $1.key.name) < ($1.value, $0.key.name) }?.key ?? .f32
    }

    /// Whether the result has a head although some of the models take the embedding in its place.
    var hasUntiedHead: Bool {
        guard let head = tensors.first(where: { TensorNames.isHead($0.name) })?.name else { return false }
        if models.values.contains(where: \.isUntied) { return true }
        return models.values.contains { $0.tensor(head) == nil } && models.values.contains { $0.tensor(head) != nil }
    }
}
