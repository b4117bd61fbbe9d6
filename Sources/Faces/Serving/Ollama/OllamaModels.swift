import Essentials
import Files
import JSONValues

/// `GET /api/tags`, `/api/ps` and `/api/version`, `POST /api/show`: which models there are.
struct OllamaModels {
    let host: ModelHost
    /// The version that is reported, which clients compare to know what they may ask for.
    let version: String

    /// The models by name.
    func tags() -> JSON { ["models": .array(names.map { .object(entry($0)) })] }

    /// The models in memory: all of them.
    func running() -> JSON {
        let models = host.models.map { model -> JSON in
            var members = entry(model.id)
            members["modified_at"] = nil
            // They stay until the server ends.
            members["expires_at"] = .string(OllamaEnvelope.time(Date(timeIntervalSinceNow: 100 * 365 * 86400)))
            members["size_vram"] = 0
            members["context_length"] = .integer(model.contextLength)
            return .object(members)
        }
        return ["models": .array(models)]
    }

    func show(_ fields: RequestFields) throws(APIError) -> JSON {
        let older = try fields.string("name")
        let name = try fields.string("model") ?? older
        guard let name, !name.isEmpty else { throw .invalid("model", "is missing") }
        let isVerbose = try fields.bool("verbose") ?? false
        try fields.refuse(["system", "template", "options"], "is not supported: a model is shown as it is")
        try fields.refuseUnread(accepting: AcceptedFields.inGeneration)
        if let embedder = host.embedders.first(where: { $0.id == host.canonical(name) }) {
            return [
                "modelfile": .string("FROM \(name)\n"), "details": details(nil), "capabilities": ["embedding"],
                "model_info": ["general.embedding_length": .integer(embedder.embedder.dimensions)],
                "modified_at": .string(Self.time(embedder.created)),
            ]
        }
        let model = try host.model(named: name)
        var information: JSON.Object = ["general.context_length": .integer(model.contextLength)]
        if let details = model.details {
            let family = details.family.lowercased()
            information = [
                "general.architecture": .string(family), "general.parameter_count": .integer(details.parameters),
                "\(family).context_length": .integer(model.contextLength),
                "\(family).embedding_length": .integer(details.hiddenSize),
                "\(family).block_count": .integer(details.layers),
                "\(family).vocab_size": .integer(model.vocabularySize),
            ]
        }
        if isVerbose, model.hasTokenizer {
            information["tokenizer.ggml.tokens"] = .array(
                (0..<model.vocabularySize).map { .string(model.text(of: Int32($0))) })
        }
        return [
            "modelfile": .string("FROM \(model.details?.path ?? name)\n" + Self.lines(parameters(model), "PARAMETER ")),
            "parameters": .string(Self.lines(parameters(model), "")),
            "template": .string(model.chatTemplateSource ?? ""), "details": details(model.details),
            "model_info": .object(information), "capabilities": .array(model.capabilities.map(JSON.string)),
            "modified_at": .string(Self.time(model.created)),
        ]
    }

    private var names: [String] {
        host.models.map(\.id) + host.embedders.map(\.id) + host.rerankers.map(\.id) + host.aliases.keys.sorted()
    }

    private func entry(_ name: String) -> JSON.Object {
        let id = host.aliases[name] ?? name
        let model = host.models.first { $0.id == id }
        let created =
            model?.created ?? host.embedders.first { $0.id == id }?.created
            ?? host.rerankers.first { $0.id == id }?.created ?? 0
        let identity = "\(model?.details?.path ?? id) \(model?.details?.bytes ?? 0) \(created)"
        return [
            "name": .string(name), "model": .string(name), "modified_at": .string(Self.time(created)),
            "size": .integer(model?.details?.bytes ?? 0), "digest": .string(SHA256.digest(of: identity.utf8)),
            "details": details(model?.details),
        ]
    }

    private func details(_ details: ModelDetails?) -> JSON {
        let family = details?.family.lowercased() ?? ""
        return [
            "parent_model": "", "format": .string(details?.format.lowercased() ?? ""), "family": .string(family),
            "families": family.isEmpty ? [] : [.string(family)],
            "parameter_size": .string(details?.parameterText ?? ""),
            "quantization_level": .string(details?.quantization ?? ""),
        ]
    }

    private func parameters(_ model: any ServedModel) -> [(String, String)] {
        let sampling = model.defaultSampling
        return [
            ("temperature", "\(sampling.temperature)"), ("top_k", "\(sampling.topK)"), ("top_p", "\(sampling.topP)"),
            ("min_p", "\(sampling.minP)"), ("repeat_penalty", "\(sampling.repetitionPenalty)"),
        ]
    }

    private static func lines(_ parameters: [(String, String)], _ prefix: String) -> String {
        parameters.map { "\(prefix)\($0.0) \($0.1)" }.joined(separator: "\n")
    }

    static func time(_ seconds: Int) -> String {
        OllamaEnvelope.time(Date(timeIntervalSince1970: Double(seconds)))
    }
}

extension ServedModel {
    /// What the model can do, in Ollama's words.
    var capabilities: [String] {
        ["completion", "tools"] + (reasoningFormat == nil ? [] : ["thinking"])
            + (InfillMarks(self) == nil ? [] : ["insert"])
    }
}
