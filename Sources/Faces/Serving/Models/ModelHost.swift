/// The models that one server offers, found by name.
struct ModelHost: Sendable {
    /// The language models in the order in which they were given.
    let models: [any ServedModel]
    /// The models that embed texts.
    let embedders: [ServedEmbedder]
    /// The models that score pairs of texts.
    let rerankers: [ServedReranker]
    /// Further names, each with that of the model that it stands for.
    let aliases: [String: String]

    init(
        _ models: [any ServedModel], embedders: [ServedEmbedder] = [], rerankers: [ServedReranker] = [],
        aliases: [String: String] = [:]
    ) throws(ServerError) {
        self.models = models
        self.embedders = embedders
        self.rerankers = rerankers
        self.aliases = aliases
        guard !ids.isEmpty else { throw .noModels }
        var names = Set<String>()
        for id in ids + aliases.keys where !names.insert(id).inserted { throw .repeatedModel(id) }
    }

    /// The name of the model that is meant: the one that an alias stands for, and without Ollama's `:latest`.
    func canonical(_ name: String) -> String {
        if let id = aliases[name] { return id }
        guard name.hasSuffix(":latest"), !ids.contains(name) else { return name }
        let plain = String(name.dropLast(":latest".count))
        return aliases[plain] ?? plain
    }

    private var ids: [String] { models.map(\.id) + embedders.map(\.id) + rerankers.map(\.id) }

    /// The model of that name; the first one for no name or an empty one.
    func model(named name: String?) throws(APIError) -> any ServedModel {
        try find(name, among: models, id: \.id, "language model")
    }

    /// The embedding model of that name; the first one for no name or an empty one.
    func embedder(for fields: RequestFields) throws(APIError) -> ServedEmbedder {
        try find(fields.string("model"), among: embedders, id: \.id, "embedding model")
    }

    /// The reranking model of that name; the first one for no name or an empty one.
    func reranker(for fields: RequestFields) throws(APIError) -> ServedReranker {
        try find(fields.string("model"), among: rerankers, id: \.id, "reranking model")
    }

    private func find<Model>(
        _ name: String?, among models: [Model], id: (Model) -> String, _ kind: String
    ) throws(APIError) -> Model {
        let name = name.map(canonical)
        if let name, !name.isEmpty {
            if let model = models.first(where: { id($0) == name }) { return model }
            if ids.contains(name) {
                throw APIError(
                    .badRequest, "\"\(name)\" is no \(kind), so it cannot answer this.", param: "model",
                    code: "wrong_kind_of_model")
            }
        } else if let first = models.first {
            return first
        } else {
            throw APIError(
                .badRequest, "This server has no \(kind).", param: "model", code: "model_not_found")
        }
        throw APIError(
            .notFound, "There is no model \"\(name ?? "")\" on this server; it has: \(ids.joined(separator: ", ")).",
            param: "model", code: "model_not_found")
    }

    /// The model that a request's `model` field asks for.
    func model(for fields: RequestFields) throws(APIError) -> any ServedModel {
        try model(named: fields.string("model"))
    }
}
