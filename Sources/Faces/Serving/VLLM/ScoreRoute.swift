import Hummingbird
import Inference
import JSONValues

/// vLLM's `POST /score`: how well texts fit each other, by a cross-encoder, or by the cosine of their vectors.
struct ScoreRoute {
    let host: ModelHost

    func respond(to fields: RequestFields) async throws -> Response {
        let first = try Self.texts(fields, "text_1", "queries", "data_1")
        let second = try Self.texts(fields, "text_2", "documents", "data_2")
        guard first.count == 1 || first.count == second.count else {
            throw APIError.invalid(
                "text_1", "must be one text or as many as 'text_2': \(first.count) are not \(second.count)")
        }
        let truncates = try fields.integer("truncate_prompt_tokens", in: -1 ... .max) != nil
        let name = try fields.string("model")
        let isCross = host.rerankers.contains { name == nil || $0.id == host.canonical(name ?? "") }
        let (scores, tokens, model) =
            isCross
            ? try await crossScores(fields, first, second, truncates)
            : try await cosines(fields, first, second, truncates)
        let envelope = Envelope(prefix: "score", object: "list", model: model)
        return Response(json: [
            "id": .string(envelope.id), "object": "list", "created": .integer(envelope.created),
            "model": .string(model),
            "data": .array(
                scores.enumerated().map { index, score in
                    ["index": .integer(index), "object": "score", "score": .decimal(score)]
                }),
            "usage": ["prompt_tokens": .integer(tokens), "total_tokens": .integer(tokens), "completion_tokens": 0],
        ])
    }

    private func crossScores(
        _ fields: RequestFields, _ first: [String], _ second: [String], _ truncates: Bool
    ) async throws -> (scores: [Float], tokens: Int, model: String) {
        let model = try host.reranker(for: fields)
        try fields.refuseUnread(accepting: AcceptedFields.inComparison)
        var scores = [Float](repeating: 0, count: second.count)
        var tokens = 0
        do {
            // Texts that share their partner are scored together.
            let groups =
                first.count == 1 ? [(first[0], Array(second.indices))] : zip(first, second.indices).map { ($0, [$1]) }
            for (query, indices) in groups {
                let ranking = try await Peer.whileThere {
                    try await model.ranking(query: query, documents: indices.map { second[$0] }, truncates: truncates)
                }
                for entry in ranking {
                    scores[indices[entry.index]] = entry.score.score
                    tokens += entry.score.tokens
                }
            }
        } catch let error as EmbeddingError {
            throw APIError(error, param: "text_2")
        }
        return (scores, tokens, model.id)
    }

    private func cosines(
        _ fields: RequestFields, _ first: [String], _ second: [String], _ truncates: Bool
    ) async throws -> (scores: [Float], tokens: Int, model: String) {
        let model = try host.embedder(for: fields)
        try fields.refuseUnread(accepting: AcceptedFields.inComparison)
        var options = EmbeddingOptions()
        options.truncates = truncates
        let embeddings: [Embedding]
        do {
            let (texts, chosen) = ((first + second).map(EmbeddingInput.text), options)
            embeddings = try await Peer.whileThere { try await model.embed(texts, options: chosen) }
        } catch let error as EmbeddingError {
            throw APIError(error, param: "text_2")
        }
        let scores = second.indices.map { index in
            Self.cosine(embeddings[first.count == 1 ? 0 : index].vector, embeddings[first.count + index].vector)
        }
        return (scores, embeddings.reduce(0) { $0 + $1.tokens }, model.id)
    }

    private static func cosine(_ a: [Float], _ b: [Float]) -> Float {
        func product(_ a: [Float], _ b: [Float]) -> Double { zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) } }
        let size = (product(a, a) * product(b, b)).squareRoot()
        return size > 0 ? Float(product(a, b) / size) : 0
    }

    private static func texts(_ fields: RequestFields, _ names: String...) throws(APIError) -> [String] {
        guard let name = names.first(where: { fields[$0] != nil }), let value = fields[name] else {
            throw .invalid(names[0], "is missing")
        }
        let elements = value.arrayValue ?? [value]
        guard (1...EmbeddingRoute.maximumInputs).contains(elements.count) else {
            throw .invalid(name, "must hold 1 to \(EmbeddingRoute.maximumInputs) texts, not \(elements.count)")
        }
        var texts: [String] = []
        for element in elements {
            guard let text = element.stringValue else {
                throw .invalid(name, "must be a string or an array of strings, not \(element.kind)")
            }
            texts.append(text)
        }
        return texts
    }
}
