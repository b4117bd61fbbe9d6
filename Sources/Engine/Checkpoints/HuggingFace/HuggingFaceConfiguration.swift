import Files
package import JSONValues

/// The JSON files of a Hugging Face folder, as they are.
package struct HuggingFaceConfiguration: Sendable {
    /// The folder, without a slash at its end.
    package let folder: String
    /// `config.json`, an object.
    package let config: JSON
    /// `generation_config.json`.
    package let generation: JSON?
    /// `tokenizer_config.json`.
    package let tokenizerConfiguration: JSON?
    /// `special_tokens_map.json`.
    package let specialTokens: JSON?
    /// `quantization_config` of `config.json`, or the file that older tools wrote (`quantize_config.json` of GPTQ,
    /// `quant_config.json` of AWQ) with its `quant_method`.
    package let quantization: JSON?
    /// `chat_template.jinja`; if there is none, the default template in `tokenizer_config.json`.
    package let chatTemplate: String?
    /// The template for conversations with tools, where it is another: "tool_use" in `tokenizer_config.json`.
    package let toolTemplate: String?
    /// What is odd about the files without being in the way.
    let notes: [String]

    init(folder: String) throws(CheckpointError) {
        self.folder = folder
        guard let config = try Self.json("config.json", in: folder) else {
            throw CheckpointError(
                path: folder, reason: "there is no config.json in the folder",
                remedy: "Name a GGUF file or a Hugging Face folder with config.json and model.safetensors")
        }
        guard config.objectValue != nil else {
            throw CheckpointError(path: "\(folder)/config.json", reason: "expected an object, found \(config.kind)")
        }
        self.config = config
        generation = try Self.json("generation_config.json", in: folder)
        tokenizerConfiguration = try Self.json("tokenizer_config.json", in: folder)
        specialTokens = try Self.json("special_tokens_map.json", in: folder)
        quantization = try Self.quantization(config, in: folder)
        // A model whose template cannot be read still continues plain text.
        let template = try Self.text("chat_template.jinja", in: folder)
        switch template {
        case .missing: chatTemplate = Self.template("default", of: tokenizerConfiguration)
        case .damaged: chatTemplate = nil
        case .text(let text): chatTemplate = text
        }
        if case .text(let text) = try Self.text("additional_chat_templates/tool_use.jinja", in: folder) {
            toolTemplate = text
        } else {
            toolTemplate = template == .missing ? Self.template("tool_use", of: tokenizerConfiguration) : nil
        }
        notes =
            template == .damaged
            ? ["\(folder)/chat_template.jinja is not UTF-8 text, so the model has no chat template"] : []
    }

    /// A configuration that was made from another header.
    init(folder: String, config: JSON) {
        self.folder = folder
        self.config = config
        // `nil` would be JSON's own null.
        (generation, tokenizerConfiguration, specialTokens, quantization) = (.none, .none, .none, .none)
        chatTemplate = nil
        toolTemplate = nil
        notes = []
    }

    private static func quantization(_ config: JSON, in folder: String) throws(CheckpointError) -> JSON? {
        if let own = config["quantization_config"] ?? config["compression_config"], own.objectValue != nil {
            return own
        }
        for (name, method) in [("quantize_config.json", "gptq"), ("quant_config.json", "awq")] {
            guard var object = try json(name, in: folder)?.objectValue else { continue }
            if object["quant_method"] == JSON?.none { object["quant_method"] = .string(method) }
            return .object(object)
        }
        return JSON?.none
    }

    private static func json(_ name: String, in folder: String) throws(CheckpointError) -> JSON? {
        let path = "\(folder)/\(name)"
        // `nil` in a ternary would be JSON's own null.
        guard FileKind(path: path) != .nothing else { return Optional.none }
        return try MappedFile.opened(path).json()
    }

    private enum StoredText: Equatable {
        case missing, damaged
        case text(String)
    }

    private static func text(_ name: String, in folder: String) throws(CheckpointError) -> StoredText {
        let path = "\(folder)/\(name)"
        guard FileKind(path: path) != .nothing else { return .missing }
        let file = try MappedFile.opened(path)
        return withExtendedLifetime(file) {
            String(validating: file.bytes, as: UTF8.self).map { .text($0) } ?? .damaged
        }
    }

    /// The template of that name in a list of named ones; one without a name is the default.
    private static func template(_ name: String, of configuration: JSON?) -> String? {
        let value = configuration?["chat_template"]
        let named = value?.arrayValue?.first { $0["name"]?.stringValue == name }
        return (name == "default" ? value?.stringValue : nil) ?? named?["template"]?.stringValue
    }
}
