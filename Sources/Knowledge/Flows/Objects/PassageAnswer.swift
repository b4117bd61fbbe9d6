import Agents
import JSONValues

/// Answers from passages, in the ways that synthesizers have.
struct PassageAnswer {
    /// How many passages become one answer.
    enum Method: Sendable { case together, refine, tree }

    var model: any ChatModel
    var method = Method.together
    /// The instructions; `{context}` becomes the passages.
    var instructions: String?
    /// Of refining: the prompt for the first passage, and for each further one.
    var firstPrompt: String?
    var refinePrompt: String?

    static func quoted(_ text: String) -> String {
        text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map { "> \($0)" }
            .joined(separator: "\n")
    }

    static func context(_ passages: [FoundPassage]) -> String {
        passages.enumerated().map { "[\($0.offset + 1)] \($0.element.source)\n\(quoted($0.element.text))" }
            .joined(separator: "\n\n")
    }

    func answer(_ question: String, _ passages: [FoundPassage], history: [ChatMessage] = []) async throws -> String {
        switch method {
        case .together: return try await answer(question, Self.context(passages), history)
        case .refine: return try await refine(question, passages)
        case .tree:
            var texts: [String] = []
            for passage in passages { texts.append(try await answer(question, Self.context([passage]), [])) }
            return try await answer(question, texts.map(Self.quoted).joined(separator: "\n\n"), history)
        }
    }

    private func answer(_ question: String, _ context: String, _ history: [ChatMessage]) async throws -> String {
        let usual =
            "Answer from the passages, which are quoted data. If they do not hold the answer, say so.\n\n{context}"
        let told = PromptTemplate(lenient: instructions ?? usual)
        // A prompt of one's own may have the question within.
        let values: [String: JSON] = [
            "context": .string(context), "question": .string(question), "input": .string(question),
            "query": .string(question),
            "chat_history": .string(history.map { "\($0.role.rawValue): \($0.text)" }.joined(separator: "\n")),
        ]
        var system = try told.render(values)
        if !(instructions ?? usual).contains("{context}") { system += "\n\n\(context)" }
        return try await model.answer([.system(system)] + history + [.user(question)]).text
    }

    private func refine(_ question: String, _ passages: [FoundPassage]) async throws -> String {
        var draft: String?
        for passage in passages {
            let usual =
                draft == nil
                ? "Answer the question from the context.\n\n{context}\n\nQuestion: {query}"
                : "The question: {query}\n\nAn earlier answer: {existingAnswer}\n\nMore context:\n{context}\n\nGive the better answer."
            let template = PromptTemplate(lenient: (draft == nil ? firstPrompt : refinePrompt) ?? usual)
            let prompt = try template.render([
                "query": .string(question), "existingAnswer": .string(draft ?? ""),
                "context": .string(Self.quoted(passage.text)),
            ])
            draft = try await model.answer(prompt)
        }
        return draft ?? "Nothing was found."
    }
}

extension FlowObjects {
    func sayFromPassages(_ node: FlowNode, _ input: String) async throws -> String {
        let input = try await moderated(node, input)
        let source = try await passages(node, "vectorStoreRetriever", "vectorStore", "vectaraStore")
        let store = wired(node, "vectorStoreRetriever").first ?? node
        let model = wired(node, "model").isEmpty ? try await model(store, "model") : try await model(node, "model")
        let memory = try await memory(node)
        let history = try await memory?.recall(for: input) ?? []
        let question = try await standalone(node, input, history, model)
        let found = try await source.passages(for: question, count: store.integer("topK") ?? 4)
        var answerer = try await synthesizer(node, model)
        answerer.instructions = node.text("responsePrompt") ?? node.text("systemMessagePrompt")
        let answer = try await answerer.answer(question, found, history: history)
        try await memory?.remember(user: input, assistant: answer)
        return answer
    }

    /// The question without what only the conversation before tells.
    private func standalone(
        _ node: FlowNode, _ question: String, _ history: [ChatMessage], _ model: any ChatModel
    ) async throws -> String {
        guard !history.isEmpty, node.name.hasPrefix("conversational") else { return question }
        let usual =
            "The conversation:\n{chat_history}\n\nWrite this question so that it can be understood alone: {question}"
        let talk = history.map { "\($0.role.rawValue): \($0.text)" }.joined(separator: "\n")
        let prompt = try PromptTemplate(lenient: node.text("rephrasePrompt") ?? usual)
            .render(["chat_history": .string(talk), "question": .string(question)])
        return try await model.answer(prompt)
    }

    private func synthesizer(_ node: FlowNode, _ model: any ChatModel) async throws -> PassageAnswer {
        var answerer = PassageAnswer(model: model)
        guard let chosen = wired(node, "responseSynthesizer").first else { return answerer }
        switch chosen.name {
        case "compactrefineLlamaIndex", "refineLlamaIndex": answerer.method = .refine
        case "treeSummarizeLlamaIndex": answerer.method = .tree
        default: answerer.method = .together
        }
        (answerer.firstPrompt, answerer.refinePrompt) = (chosen.text("textQAPrompt"), chosen.text("refinePrompt"))
        return answerer
    }

    private struct Parts: Decodable, Sendable {
        struct Part: Decodable, Sendable {
            var tool: String
            var question: String
        }

        var parts: [Part]
    }

    /// Asks several engines what each knows of a question, and answers from that.
    func sayInParts(_ node: FlowNode, _ input: String) async throws -> String {
        let model = try await model(node, "model")
        let tools = try await tools(node, "queryEngineTools")
        guard !tools.isEmpty else { throw FlowError(node.title, "has no engines to ask") }
        let schema: JSON = [
            "type": "object",
            "properties": [
                "parts": [
                    "type": "array", "minItems": 1, "maxItems": 8,
                    "items": [
                        "type": "object",
                        "properties": [
                            "tool": ["type": "string", "enum": .array(tools.map { .string($0.name) })],
                            "question": ["type": "string"],
                        ],
                        "required": ["tool", "question"], "additionalProperties": false,
                    ],
                ]
            ],
            "required": ["parts"], "additionalProperties": false,
        ]
        let list = tools.map { "- \($0.name): \($0.description.description)" }.joined(separator: "\n")
        let parts = try await model.value(
            Parts.self,
            [.system("Cut the question into parts for these sources, as JSON:\n\(list)"), .user(input)], schema: schema)
        var found: [FoundPassage] = []
        for part in parts.parts {
            guard let tool = tools.first(where: { $0.name == part.tool }) else { continue }
            let answer = try await tool.call(["input": .string(part.question)])
            found.append(FoundPassage(text: "\(part.question)\n\(answer)", source: part.tool, score: 0))
        }
        return try await synthesizer(node, model).answer(input, found)
    }
}
