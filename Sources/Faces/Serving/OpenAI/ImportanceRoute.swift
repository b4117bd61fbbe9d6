import Hummingbird
import Inference
import JSONValues

/// `POST /v1/importance`: how much each word of a prompt matters for an answer.
struct ImportanceRoute {
    let host: ModelHost
    /// The text is read once for each part.
    static let mostParts = 512

    func respond(to fields: RequestFields) async throws -> Response {
        let model = try host.model(for: fields)
        guard let answer = try fields.string("answer"), !answer.isEmpty else {
            throw APIError.invalid("answer", "is missing: the text that the prompt's words speak for or against")
        }
        let factor = try fields.number("factor", in: 0...1000) ?? 0.1
        let prompt: [Int32]
        if let text = try fields.string("prompt") {
            prompt = model.encode(text, addSpecialTokens: true, parseSpecialTokens: true)
        } else {
            prompt = try ChatPrompt(fields, tools: ToolFields()).tokens(for: model)
        }
        try fields.refuseUnread(accepting: AcceptedFields.inGeneration)
        let parts = Self.words(prompt, model)
        guard parts.count <= Self.mostParts else {
            throw APIError.invalid(
                "prompt", "has \(parts.count) words, and no more than \(Self.mostParts) are looked at: shorten it")
        }
        let tokens = model.encode(answer, addSpecialTokens: false, parseSpecialTokens: false)
        let values = try await Peer.whileThere {
            try await model.importance(of: parts, in: prompt, for: tokens, factor: factor)
        }
        return Response(json: [
            "object": "importance", "model": .string(model.id),
            "parts": .array(
                zip(parts, values).map { part, value in
                    [
                        "text": .string(model.decode(Array(prompt[part]), skipSpecialTokens: false)),
                        "tokens": [.integer(part.lowerBound), .integer(part.upperBound)],
                        "importance": .number(Double(value)),
                    ]
                }),
        ])
    }

    /// Tokens that make up a word, with the space before it; special tokens stand alone.
    static func words(_ tokens: [Int32], _ model: any ServedModel) -> [Range<Int>] {
        var words: [Range<Int>] = []
        var isOpen = false
        for (index, token) in tokens.enumerated() {
            let bytes = model.bytes(of: token)
            let isSpecial = model.decode([token], skipSpecialTokens: true).isEmpty && !bytes.isEmpty
            let beginsWord = bytes.first.map { $0 <= 0x20 } ?? true
            if isOpen, !isSpecial, !beginsWord, let last = words.popLast() {
                words.append(last.lowerBound..<index + 1)
            } else {
                words.append(index..<index + 1)
            }
            isOpen = !isSpecial && bytes.last.map { $0 > 0x20 } ?? false
        }
        return words
    }
}
