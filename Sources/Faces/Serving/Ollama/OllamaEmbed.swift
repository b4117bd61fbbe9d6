import Hummingbird
import Inference
import JSONValues

/// `POST /api/embed`, and the older `POST /api/embeddings`.
struct OllamaEmbedRoute {
    let host: ModelHost

    func embed(_ fields: RequestFields) async throws -> Response {
        let start = ContinuousClock.now
        let model = try host.embedder(for: fields)
        guard let input = fields["input"] else { throw APIError.invalid("input", "is missing") }
        let elements = input.arrayValue ?? [input]
        guard elements.count <= EmbeddingRoute.maximumInputs else {
            throw APIError.invalid(
                "input", "may hold at most \(EmbeddingRoute.maximumInputs) texts, not \(elements.count)")
        }
        let texts = try elements.enumerated().map { index, element in
            guard let text = element.stringValue else {
                throw APIError.invalid("input[\(index)]", "must be a string, not \(element.kind)")
            }
            return EmbeddingInput.text(text)
        }
        var options = EmbeddingOptions()
        // This interface cuts texts that are too long unless told otherwise.
        options.truncates = try fields.bool("truncate") ?? true
        options.dimensions = try fields.integer("dimensions", in: 1...model.embedder.dimensions)
        try finish(fields)
        let embeddings = texts.isEmpty ? [] : try await vectors(texts, model, options, param: "input")
        return Response(json: [
            "model": .string(try fields.string("model") ?? model.id),
            "embeddings": .array(embeddings.map { .array($0.vector.map(JSON.decimal)) }),
            "total_duration": .integer(OllamaEnvelope.nanoseconds((ContinuousClock.now - start) / .seconds(1))),
            "load_duration": 0,
            "prompt_eval_count": .integer(embeddings.reduce(0) { $0 + $1.tokens }),
        ])
    }

    /// One text, one vector.
    func embeddings(_ fields: RequestFields) async throws -> Response {
        let model = try host.embedder(for: fields)
        guard let prompt = try fields.string("prompt") else { throw APIError.invalid("prompt", "is missing") }
        try finish(fields)
        var options = EmbeddingOptions()
        options.truncates = true
        let vector = try await vectors([.text(prompt)], model, options, param: "prompt").first?.vector ?? []
        return Response(json: ["embedding": .array(vector.map(JSON.decimal))])
    }

    /// Settings of generation say nothing about vectors; clients send them all the same.
    private func finish(_ fields: RequestFields) throws {
        _ = try fields.fields("options")
        try fields.refuseUnread(accepting: AcceptedFields.inComparison)
    }

    private func vectors(
        _ texts: [EmbeddingInput], _ model: ServedEmbedder, _ options: EmbeddingOptions, param: String
    ) async throws -> [Embedding] {
        do {
            return try await Peer.whileThere { try await model.embed(texts, options: options) }
        } catch let error as EmbeddingError {
            throw APIError(error, param: param)
        }
    }
}
