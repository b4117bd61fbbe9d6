import ModelStore

/// The models that a server has in memory at one time, found by name.
struct ModelHost: Sendable {
    /// The language models in the order in which they were given.
    private(set) var models: [any ServedModel] = []
    /// The models that embed texts.
    private(set) var embedders: [ServedEmbedder] = []
    /// The models that score pairs of texts.
    private(set) var rerankers: [ServedReranker] = []
    /// Further names, each with that of the model that it stands for.
    let aliases: [String: String]
    /// What clients call slots.
    let slots = SlotBook()
    /// What is loaded when it is asked for.
    var catalog: (any ModelCatalog)?
    /// When those in memory that do not always stay leave if nobody asks for them; nil for never.
    var expiries: [String: ContinuousClock.Instant?] = [:]

    init(_ models: [LoadedModel], aliases: [String: String] = [:]) throws(ServerError) {
        self.aliases = aliases
        for model in models { add(model) }
        var names = Set<String>()
        for id in ids + aliases.keys where !names.insert(id).inserted { throw .repeatedModel(id) }
    }

    /// The name of the model that is meant: the one that an alias stands for, without Ollama's `:latest`, or as the store has it.
    func canonical(_ name: String) -> String {
        if let id = aliases[name] { return id }
        if ids.contains(name) { return name }
        let plain = name.hasSuffix(":latest") ? String(name.dropLast(":latest".count)) : name
        if let id = aliases[plain] { return id }
        guard !ids.contains(plain), catalog != nil, let stored = try? ModelName(ollama: plain).text,
            ids.contains(stored) || available.contains(where: { $0.name == stored })
        else { return plain }
        return stored
    }

    /// The language models that are others with an adapter, each with the other.
    var adapted: [(model: any ServedModel, parent: any ServedModel)] {
        models.flatMap { parent in
            guard let holder = parent as? any AdapterHolder else {
                return [(model: any ServedModel, parent: any ServedModel)]()
            }
            return holder.adapters.map { (holder.adapted(by: $0.name), parent) }
        }
    }

    /// The names of all models in memory, language models first.
    var ids: [String] { (models + adapted.map(\.model)).map(\.id) + embedders.map(\.id) + rerankers.map(\.id) }

    /// Models that are not in memory and are loaded when they are asked for.
    var available: [CatalogEntry] {
        let loaded = Set(ids)
        return ((try? catalog?.entries()) ?? []).filter { !loaded.contains($0.name) }
    }

    mutating func add(_ model: LoadedModel) {
        switch model {
        case .language(let model): models.append(model)
        case .embedder(let model): embedders.append(model)
        case .reranker(let model): rerankers.append(model)
        }
    }

    /// The model of that name; the first one for no name or an empty one.
    func model(named name: String?) throws(APIError) -> any ServedModel {
        try find(name, among: models + adapted.map(\.model), id: \.id, "language model")
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
            .notFound, "There is no model \"\(name ?? "")\" on this server; it has: \(known).",
            param: "model", code: "model_not_found")
    }

    private var known: String { (ids + available.map(\.name)).joined(separator: ", ") }

    /// The model that a request's `model` field asks for.
    func model(for fields: RequestFields) throws(APIError) -> any ServedModel {
        try model(named: fields.string("model"))
    }
}
