import JSONValues

extension Hyperparameters {
    /// The configuration of the language model within one of several models: what `text_config` says counts before what
    /// stands outside.
    static func textConfiguration(_ config: JSON) -> JSON {
        var config = config
        for key in ["thinker_config", "text_config", "llm_config", "language_config"] {
            guard var merged = config.objectValue, let inner = config[key]?.objectValue else { continue }
            for (name, value) in inner where !value.isNull || merged[name] == JSON?.none { merged[name] = value }
            config = .object(merged)
        }
        return config
    }

    /// The same with what the family's reference takes for granted where a key is absent. GGUF files leave nothing out.
    func assuming(_ defaults: JSON.Object) -> Hyperparameters {
        guard case .huggingFace(let config) = source, var members = config.objectValue else { return self }
        for (name, value) in defaults where members[name] == JSON?.none { members[name] = value }
        return Hyperparameters(source: .huggingFace(.object(members)), path: path)
    }

    /// The same with the rotary positions of one kind of layer, where the configuration has them by kind.
    func rotaryOf(_ kind: String) -> Hyperparameters {
        guard case .huggingFace(let config) = source, var members = config.objectValue else { return self }
        for key in ["rope_parameters", "rope_scaling"] {
            if let own = config[key]?[kind], own.objectValue != nil { members[key] = own }
        }
        return Hyperparameters(source: .huggingFace(.object(members)), path: path)
    }
}
