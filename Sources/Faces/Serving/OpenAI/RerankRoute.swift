import Hummingbird
import Inference
import JSONValues

/// `POST /v1/rerank`, with the fields that Jina's and Cohere's clients send.
struct RerankRoute {
    let host: ModelHost

    func respond(to fields: RequestFields) async throws -> Response {
        let model = try host.reranker(for: fields)
        guard let query = try fields.string("query") else { throw APIError.invalid("query", "is missing") }
        // Hugging Face's text-embeddings-inference calls them texts, and wants an array.
        let isPlain = fields["documents"] == nil && fields["texts"] != nil
        let param = isPlain ? "texts" : "documents"
        let documents = try Self.documents(fields, param)
        let count = try fields.integer("top_n", in: 1...Int.max) ?? documents.count
        let returnsDocuments = try fields.bool(isPlain ? "return_text" : "return_documents") ?? false
        let truncates = try fields.bool("truncate") ?? false
        try fields.refuseUnread(accepting: AcceptedFields.inComparison)
        let ranking: [(index: Int, score: RelevanceScore)]
        do {
            ranking = try await Peer.whileThere {
                try await model.ranking(query: query, documents: documents, truncates: truncates)
            }
        } catch let error as EmbeddingError {
            throw APIError(error, param: param)
        }
        if isPlain {
            return Response(
                json: .array(
                    ranking.prefix(count).map { entry -> JSON in
                        var members: JSON.Object = [
                            "index": .integer(entry.index), "score": .decimal(entry.score.score),
                        ]
                        if returnsDocuments { members["text"] = .string(documents[entry.index]) }
                        return .object(members)
                    }))
        }
        let results = ranking.prefix(count).map { entry -> JSON in
            var members: JSON.Object = [
                "index": .integer(entry.index), "relevance_score": .decimal(entry.score.score),
            ]
            if returnsDocuments { members["document"] = ["text": .string(documents[entry.index])] }
            return .object(members)
        }
        let tokens = ranking.reduce(0) { $0 + $1.score.tokens }
        return Response(json: [
            "model": .string(model.id), "results": .array(results),
            "usage": ["prompt_tokens": .integer(tokens), "total_tokens": .integer(tokens)],
        ])
    }

    /// Strings, or objects with a `text`.
    private static func documents(_ fields: RequestFields, _ param: String) throws(APIError) -> [String] {
        guard let elements = try fields.array(param) else { throw .invalid(param, "is missing") }
        guard !elements.isEmpty, elements.count <= EmbeddingRoute.maximumInputs else {
            throw .invalid(param, "must hold 1 to \(EmbeddingRoute.maximumInputs) texts, not \(elements.count)")
        }
        var documents: [String] = []
        for (index, element) in elements.enumerated() {
            guard let text = element.stringValue ?? element["text"]?.stringValue else {
                throw .invalid("\(param)[\(index)]", "must be a string or an object with a text, not \(element.kind)")
            }
            documents.append(text)
        }
        return documents
    }
}
