public import JSONValues

/// How a model of the store is used where a request says nothing else: what Ollama's Modelfiles say beside `FROM`.
public struct ModelSettings: Sendable, Hashable {
    /// Ollama's options by name, such as `temperature`, `num_ctx` and `stop` (an array).
    public var parameters: JSON.Object = [:]
    /// The instructions of conversations that bring none.
    public var system: String?
    /// The chat template, in the language of Jinja, in place of the model's own.
    public var template: String?
    /// Messages that every conversation begins with: objects with `role` and `content`.
    public var messages: [JSON] = []
    /// The terms of use.
    public var license: String?
    /// The folder of a low-rank adapter in PEFT's format, within the model's folder.
    public var adapter: String?

    /// Makes settings that change nothing.
    public init() {}

    /// What `model.json` keeps; only what is set.
    var json: JSON {
        var members: JSON.Object = [:]
        if !parameters.isEmpty { members["parameters"] = .object(parameters) }
        if let system { members["system"] = .string(system) }
        if let template { members["template"] = .string(template) }
        if !messages.isEmpty { members["messages"] = .array(messages) }
        if let license { members["license"] = .string(license) }
        if let adapter { members["adapter"] = .string(adapter) }
        return .object(members)
    }

    init(json: JSON) {
        parameters = json["parameters"]?.objectValue ?? [:]
        system = json["system"]?.stringValue
        template = json["template"]?.stringValue
        messages = json["messages"]?.arrayValue ?? []
        license = json["license"]?.stringValue
        adapter = json["adapter"]?.stringValue.flatMap { ModelLayout.isSafe($0) ? $0 : nil }
    }

    /// These settings on top of others: what they leave open is as it was.
    package func over(_ others: ModelSettings) -> ModelSettings {
        var result = others
        result.parameters.merge(parameters) { $1 }
        result.system = system ?? others.system
        result.template = template ?? others.template
        if !messages.isEmpty { result.messages = messages }
        result.license = license ?? others.license
        result.adapter = adapter ?? others.adapter
        return result
    }
}
