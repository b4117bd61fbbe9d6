import JSONValues

/// `POST /tokenize`, `/detokenize` and `/apply-template`, with llama-server's fields.
struct TokenRoutes {
    let host: ModelHost

    func tokenize(_ fields: RequestFields) throws(APIError) -> JSON {
        let model = try host.model(for: fields)
        if fields["content"] == nil, fields["prompt"] != nil || fields["messages"] != nil {
            return try vLLMTokens(fields, model)
        }
        guard let text = try fields.string("content") else { throw .invalid("content", "is missing") }
        let tokens = model.encode(
            text, addSpecialTokens: try fields.bool("add_special") ?? false,
            parseSpecialTokens: try fields.bool("parse_special") ?? true)
        let withPieces = try fields.bool("with_pieces") ?? false
        try fields.refuseUnread(accepting: AcceptedFields.inComparison)
        return [
            "tokens": .array(
                tokens.map { token in
                    withPieces
                        ? ["id": .integer(Int(token)), "piece": .string(model.text(of: token))] : .integer(Int(token))
                }),
            "count": .integer(tokens.count),
        ]
    }

    /// vLLM's form: of a `prompt`, or of `messages` as the chat template writes them.
    private func vLLMTokens(_ fields: RequestFields, _ model: any ServedModel) throws(APIError) -> JSON {
        let tokens: [Int32]
        if let text = try fields.string("prompt") {
            tokens = model.encode(
                text, addSpecialTokens: try fields.bool("add_special_tokens") ?? true, parseSpecialTokens: true)
        } else {
            tokens = try ChatPrompt(fields, tools: try ToolFields(fields)).tokens(for: model)
        }
        var members: JSON.Object = [
            "count": .integer(tokens.count), "max_model_len": .integer(model.contextLength),
            "tokens": JSON(tokens: tokens),
        ]
        if try fields.bool("return_token_strs") == true {
            members["token_strs"] = .array(tokens.map { .string(model.text(of: $0)) })
        }
        try fields.refuseUnread(accepting: AcceptedFields.inGeneration)
        return .object(members)
    }

    func detokenize(_ fields: RequestFields) throws(APIError) -> JSON {
        let model = try host.model(for: fields)
        guard let tokens = try fields.array("tokens") else { throw .invalid("tokens", "is missing") }
        let text = model.decode(try model.tokens(tokens, param: "tokens"), skipSpecialTokens: false)
        try fields.refuseUnread(accepting: AcceptedFields.inComparison)
        // llama-server's name, and vLLM's.
        return ["content": .string(text), "prompt": .string(text)]
    }

    func applyTemplate(_ fields: RequestFields) throws(APIError) -> JSON {
        let model = try host.model(for: fields)
        return ["prompt": .string(try ChatPrompt(fields, tools: ToolFields(fields)).text(for: model))]
    }
}

extension ServedModel {
    /// Reads an array of token ids of this model.
    func tokens(_ elements: [JSON], param: String) throws(APIError) -> [Int32] {
        var tokens: [Int32] = []
        tokens.reserveCapacity(elements.count)
        for element in elements {
            guard let id = element.intValue, (0..<vocabularySize).contains(id), let token = Int32(exactly: id) else {
                throw .invalid(param, "holds \(element), which is not a token id between 0 and \(vocabularySize - 1)")
            }
            tokens.append(token)
        }
        return tokens
    }
}
