import Essentials
import Files
import JSONValues
import ModelStore

/// `GET /api/tags` and `/api/ps`, `POST /api/show`: which models there are.
struct OllamaModels {
    let host: ModelHost

    /// The models by name.
    func tags() -> JSON {
        let stored = stored
        return ["models": .array(names.map { .object(entry($0, stored)) })]
    }

    /// The models in memory, and when they leave.
    func running() -> JSON {
        let stored = stored
        let models = host.ids.map { id -> JSON in
            var members = entry(id, stored)
            members["modified_at"] = nil
            // Those that stay for ever leave in a hundred years.
            let seconds = host.expiries[id]?.map { max(0, ($0 - .now) / .seconds(1)) } ?? 100 * 365 * 86400
            members["expires_at"] = .string(OllamaEnvelope.time(Date(timeIntervalSinceNow: seconds)))
            members["size_vram"] = 0
            let model = host.models.first { $0.id == id }
            members["context_length"] = .integer(model?.contextLength ?? 0)
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
        var settings = model.settings ?? ModelSettings()
        if model.settings == nil { settings.parameters = parameters(model) }
        let file = Modelfile(base: model.details?.path ?? name, settings: settings)
        return [
            "modelfile": .string(file.text),
            "parameters": .string(settings.parameterLines.joined(separator: "\n")),
            "system": .string(settings.system ?? ""), "messages": .array(settings.messages),
            "license": .string(settings.license ?? ""),
            "template": .string(model.chatTemplateSource ?? ""), "details": details(model.details),
            "model_info": .object(information), "capabilities": .array(model.capabilities.map(JSON.string)),
            "modified_at": .string(Self.time(model.created)),
        ]
    }

    private var names: [String] {
        host.ids + host.available.map(\.name)
            + host.aliases.keys.sorted()
    }

    private var stored: [String: CatalogEntry] {
        Dictionary(((try? host.catalog?.entries()) ?? []).map { ($0.name, $0) }) { first, _ in first }
    }

    private func entry(_ name: String, _ stored: [String: CatalogEntry]) -> JSON.Object {
        let id = host.aliases[name] ?? name
        let model = host.models.first { $0.id == id }
        let stored = stored[id]
        let created =
            stored?.created ?? model?.created ?? host.embedders.first { $0.id == id }?.created
            ?? host.rerankers.first { $0.id == id }?.created ?? 0
        let bytes = stored?.bytes ?? model?.details?.bytes ?? 0
        return [
            "name": .string(name), "model": .string(name), "modified_at": .string(Self.time(created)),
            "size": .integer(bytes), "digest": .string(SHA256.digest(of: "\(id) \(bytes) \(created)".utf8)),
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

    private func parameters(_ model: any ServedModel) -> JSON.Object {
        let sampling = model.defaultSampling
        return [
            "temperature": .decimal(sampling.temperature), "top_k": .integer(sampling.topK),
            "top_p": .decimal(sampling.topP), "min_p": .decimal(sampling.minP),
            "repeat_penalty": .decimal(sampling.repetitionPenalty),
        ]
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
