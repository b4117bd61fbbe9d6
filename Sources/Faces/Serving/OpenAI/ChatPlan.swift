import Constraints
import Inference

extension AnswerPlan {
    /// What a chat's answer may consist of.
    init(
        _ tools: ToolFields, _ reasoning: ReasoningFormat?, prompt: [Int32], answer: Grammar?, _ model: any ServedModel
    ) {
        let end = model.decode(prompt.suffix(16), skipSpecialTokens: false)
        self.init(
            tools: tools.tools, choice: tools.choice, allowsParallel: tools.allowsParallel,
            format: model.toolCallFormat, reasoning: reasoning, beginsReasoning: reasoning?.isBegun(by: end) ?? false,
            answer: answer)
    }
}

extension ReasoningFormat {
    /// How the model marks its reasoning; nil where it is to stay in the text (`reasoning_format`).
    static func asked(_ fields: RequestFields, _ model: any ServedModel) throws(APIError) -> ReasoningFormat? {
        switch try fields.string("reasoning_format") {
        case nil, "auto", "deepseek": return model.reasoningFormat
        case "none": return nil
        case let other?:
            throw .unsupported("reasoning_format", "is \"\(other)\"; this server knows auto, deepseek and none")
        }
    }
}

extension GenerationOptions {
    /// Binds the answer to what the plan allows.
    mutating func bind(to plan: AnswerPlan, _ model: any ServedModel) throws(APIError) {
        visibleMarks = plan.marks
        do {
            guard let grammar = try plan.grammar(), grammar != constraint?.grammar else { return }
            constraint = try model.constraint(for: grammar)
        } catch {
            // Which of the tools is it?
            for (index, tool) in plan.tools.enumerated() {
                var single = plan
                (single.tools, single.choice, single.answer) = ([tool], .required, nil)
                try single.check("tools[\(index)].function.parameters", model)
            }
            throw APIError(
                .badRequest, "'tools' cannot be guaranteed: \(error).", param: "tools", code: "unsupported_constraint")
        }
    }
}

extension AnswerPlan {
    fileprivate func check(_ param: String, _ model: any ServedModel) throws(APIError) {
        let own: Grammar?
        do {
            own = try grammar()
        } catch {
            throw APIError(
                .badRequest, "'\(param)' cannot be guaranteed: \(error).", param: param, code: "unsupported_constraint")
        }
        if let own { _ = try model.constraint(param, own) }
    }
}
