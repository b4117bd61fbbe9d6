import Hummingbird
import JSONValues

/// `GET /v1/models` and `GET /v1/models/{id}`.
struct ModelRoutes {
    let host: ModelHost

    func list() -> JSON {
        ["object": "list", "data": .array(all + aliases + host.available.map(Self.describe))]
    }

    /// One model; its id may contain slashes.
    func model(_ id: String) throws(APIError) -> JSON {
        let id = host.aliases[id] ?? id
        if let found = all.first(where: { $0["id"]?.stringValue == id }) { return found }
        let name = host.canonical(id)
        if let entry = host.available.first(where: { $0.name == name }) { return Self.describe(entry) }
        return Self.describe(try host.model(named: id))
    }

    private static func describe(_ entry: CatalogEntry) -> JSON {
        [
            "id": .string(entry.name), "object": "model", "created": .integer(entry.created), "owned_by": "swiftlet",
            "status": ["value": "unloaded"], "kind": entry.kind.map { .string($0.rawValue) } ?? .null,
            "size": .integer(entry.bytes),
        ]
    }

    /// Language models first, so that clients which take the first get one that answers.
    private var all: [JSON] {
        host.models.map(Self.describe) + adapted + host.embedders.map(Self.describe) + host.rerankers.map(Self.describe)
    }

    /// Models with adapters, each with the name of the model that it changes.
    private var adapted: [JSON] {
        host.adapted.compactMap { model, parent in
            var members = Self.describe(model).objectValue
            members?["parent"] = .string(parent.id)
            return members.map(JSON.object)
        }
    }

    /// The models once more under their other names, since clients look theirs up here.
    private var aliases: [JSON] {
        host.aliases.sorted { $0.key < $1.key }.compactMap { alias, id in
            guard var members = all.first(where: { $0["id"]?.stringValue == id })?.objectValue else { return nil }
            members["id"] = .string(alias)
            members["alias_of"] = .string(id)
            return .object(members)
        }
    }

    private static func describe(_ model: ServedEmbedder) -> JSON {
        [
            "id": .string(model.id), "object": "model", "created": .integer(model.created), "owned_by": "swiftlet",
            "status": ["value": "loaded"], "kind": "embedding", "dimensions": .integer(model.embedder.dimensions),
            "context_length": model.embedder.maximumTokens.map(JSON.integer) ?? .null,
        ]
    }

    private static func describe(_ model: ServedReranker) -> JSON {
        [
            "id": .string(model.id), "object": "model", "created": .integer(model.created), "owned_by": "swiftlet",
            "status": ["value": "loaded"], "kind": "reranking",
            "context_length": .integer(model.reranker.maximumTokens),
        ]
    }

    private static func describe(_ model: any ServedModel) -> JSON {
        let sampling = model.defaultSampling
        return [
            "id": .string(model.id),
            "object": "model",
            "created": .integer(model.created),
            "owned_by": "swiftlet",
            "status": ["value": "loaded"],
            "kind": "language",
            "context_length": .integer(model.contextLength),
            "vocabulary_size": .integer(model.vocabularySize),
            "default_sampling": [
                "temperature": .decimal(sampling.temperature),
                "top_k": .integer(sampling.topK),
                "top_p": .decimal(sampling.topP),
                "min_p": .decimal(sampling.minP),
                "repetition_penalty": .decimal(sampling.repetitionPenalty),
            ],
        ]
    }
}

extension JSON {
    /// A number with the fewest digits that identify the float (0.8, not 0.800000011920929).
    static func decimal(_ value: Float) -> JSON { .number(Double("\(value)") ?? Double(value)) }
}
