/// The models that one server offers, found by name.
struct ModelHost: Sendable {
    /// All models in the order in which they were given; never empty.
    let models: [any ServedModel]
    private let first: any ServedModel

    init(_ models: [any ServedModel]) throws(ServerError) {
        guard let first = models.first else { throw .noModels }
        var names = Set<String>()
        for model in models where !names.insert(model.id).inserted { throw .repeatedModel(model.id) }
        self.models = models
        self.first = first
    }

    /// The model of that name; the first one for no name or an empty one.
    func model(named name: String?) throws(APIError) -> any ServedModel {
        guard let name, !name.isEmpty else { return first }
        if let model = models.first(where: { $0.id == name }) { return model }
        let known = models.map(\.id).joined(separator: ", ")
        throw APIError(
            .notFound, "There is no model \"\(name)\" on this server; it has: \(known).", param: "model",
            code: "model_not_found")
    }

    /// The model that a request's `model` field asks for.
    func model(for fields: RequestFields) throws(APIError) -> any ServedModel {
        try model(named: fields.string("model"))
    }
}
