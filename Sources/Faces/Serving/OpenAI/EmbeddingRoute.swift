import Essentials
import Hummingbird
import Inference
import JSONValues

/// `POST /v1/embeddings`.
struct EmbeddingRoute {
    let host: ModelHost

    static let maximumInputs = 2048

    /// Checked texts as vectors.
    struct Vectors {
        let model: ServedEmbedder
        let embeddings: [Embedding]
        let isBase64: Bool

        var usage: JSON {
            let tokens = JSON.integer(embeddings.reduce(0) { $0 + $1.tokens })
            return ["prompt_tokens": tokens, "total_tokens": tokens]
        }

        /// A vector in the form that was asked for.
        func json(_ embedding: Embedding) -> JSON {
            isBase64 ? .string(EmbeddingRoute.base64(embedding.vector)) : .array(embedding.vector.map(JSON.decimal))
        }
    }

    func respond(to fields: RequestFields) async throws -> Response {
        let vectors = try await vectors(fields)
        return Response(json: [
            "object": "list", "model": .string(vectors.model.id),
            "data": .array(
                vectors.embeddings.enumerated().map { index, embedding in
                    ["object": "embedding", "index": .integer(index), "embedding": vectors.json(embedding)]
                }), "usage": vectors.usage,
        ])
    }

    /// vLLM's `POST /pooling`: the same vectors under other names.
    func pool(_ fields: RequestFields) async throws -> Response {
        let vectors = try await vectors(fields)
        let envelope = Envelope(prefix: "pool", object: "list", model: vectors.model.id)
        return Response(json: [
            "id": .string(envelope.id), "object": "list", "created": .integer(envelope.created),
            "model": .string(vectors.model.id),
            "data": .array(
                vectors.embeddings.enumerated().map { index, embedding in
                    ["object": "pooling", "index": .integer(index), "data": vectors.json(embedding)]
                }), "usage": vectors.usage,
        ])
    }

    /// llama-server's `POST /embedding`: for each text the vectors of its tokens, which are pooled to one.
    func native(_ fields: RequestFields) async throws -> Response {
        let vectors = try await vectors(fields)
        return Response(
            json: .array(
                vectors.embeddings.enumerated().map { index, embedding in
                    ["index": .integer(index), "embedding": [vectors.json(embedding)]]
                }))
    }

    private func vectors(_ fields: RequestFields) async throws -> Vectors {
        let model = try host.embedder(for: fields)
        let param = fields["input"] == nil && fields["content"] != nil ? "content" : "input"
        let inputs = try Self.inputs(fields, param)
        var options = EmbeddingOptions()
        // Other servers cut silently or refuse; here texts are cut only for clients that say so.
        options.truncates = try fields.bool("truncate") ?? false
        options.dimensions = try fields.integer("dimensions", in: 1...model.embedder.dimensions)
        if let name = try fields.string("prompt_name") { options.prompt = .named(name) }
        let format = try fields.string("encoding_format") ?? "float"
        guard ["float", "base64"].contains(format) else {
            throw APIError.invalid("encoding_format", "must be float or base64, not \(format)")
        }
        try fields.refuseUnread(accepting: AcceptedFields.inComparison)
        do {
            let options = options
            let embeddings = try await Peer.whileThere { try await model.embed(inputs, options: options) }
            return Vectors(model: model, embeddings: embeddings, isBase64: format == "base64")
        } catch let error as EmbeddingError {
            throw APIError(error, param: param)
        }
    }

    /// A string, an array of token ids, or an array of either.
    private static func inputs(_ fields: RequestFields, _ param: String) throws(APIError) -> [EmbeddingInput] {
        guard let input = fields[param] else { throw .invalid(param, "is missing") }
        if let text = try text(input, name: param) { return [.text(text)] }
        guard let elements = input.arrayValue else {
            throw .invalid(param, "must be a string, an array of token ids, or an array of either, not \(input.kind)")
        }
        guard let first = elements.first else { throw .invalid(param, "must not be empty") }
        if first.intValue != nil { return [try tokens(input, name: param)] }
        guard elements.count <= maximumInputs else {
            throw .invalid(param, "may hold at most \(maximumInputs) texts, not \(elements.count)")
        }
        var inputs: [EmbeddingInput] = []
        for (index, element) in elements.enumerated() {
            if let text = try text(element, name: "\(param)[\(index)]") {
                inputs.append(.text(text))
            } else {
                inputs.append(try tokens(element, name: "\(param)[\(index)]"))
            }
        }
        return inputs
    }

    /// A text as such or in llama-server's objects: `{"prompt_string": ""}`, `{"content": [{"type": "text", "text": ""}]}`; nil for
    /// other values.
    private static func text(_ value: JSON, name: String) throws(APIError) -> String? {
        guard let object = value.objectValue else { return value.stringValue }
        let fields = RequestFields(object, path: name)
        if let text = try fields.string("prompt_string") {
            try fields.refuseUnread { _, _ in false }
            return text
        }
        guard let parts = try fields.array("content") else {
            throw .invalid(name, "has neither prompt_string nor content")
        }
        try fields.refuseUnread { _, _ in false }
        var text = ""
        for (index, part) in parts.enumerated() {
            guard part["type"] == "text", let piece = part["text"]?.stringValue else {
                throw .invalid("\(name).content[\(index)]", "must be of type text: this server reads text only")
            }
            text += piece
        }
        return text
    }

    private static func tokens(_ value: JSON, name: String) throws(APIError) -> EmbeddingInput {
        guard let elements = value.arrayValue, !elements.isEmpty else {
            throw .invalid(name, "must be a string or an array of token ids, not \(value.kind)")
        }
        var tokens: [Int32] = []
        for element in elements {
            guard let id = element.intValue.flatMap({ Int32(exactly: $0) }), id >= 0 else {
                throw .invalid(name, "holds \(element), which is not a token id")
            }
            tokens.append(id)
        }
        return .tokens(tokens)
    }

    /// The vector's f32 values, little-endian.
    fileprivate static func base64(_ vector: [Float]) -> String {
        var data = Data(capacity: vector.count * 4)
        for value in vector { withUnsafeBytes(of: value.bitPattern.littleEndian) { data.append(contentsOf: $0) } }
        return data.base64EncodedString()
    }
}

extension APIError {
    /// The answer to what is wrong with texts; `param` is the field that holds them.
    init(_ error: EmbeddingError, param: String) {
        let message = "\(error)".prefix(1).uppercased() + "\(error)".dropFirst() + "."
        switch error {
        case .tooLong: self.init(.badRequest, message, param: param, code: "context_length_exceeded")
        case .tokenOutOfRange, .noTokens, .unknownWord:
            self.init(.badRequest, message, param: param, code: "invalid_value")
        case .unknownPrompt: self.init(.badRequest, message, param: "prompt_name", code: "invalid_value")
        case .dimensions: self.init(.badRequest, message, param: "dimensions", code: "invalid_value")
        case .notFinite, .model: self.init(.internalServerError, message)
        }
    }
}
