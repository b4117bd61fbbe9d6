import Inference
import JSONValues

/// A checked request of `POST /v1/chat/completions`.
struct ChatCall: Sendable {
    let model: any ServedModel
    let options: GenerationOptions
    /// The rendered conversation's token ids.
    let prompt: [Int32]
    /// The engine's requests, one for each answer.
    let requests: [GenerationRequest]
    /// Alternatives to report with each token; nil for no report.
    let logProbabilities: Int?
    /// What the answer may consist of.
    let plan: AnswerPlan
    /// Whether the reply shows the prompt's text.
    let isVerbose: Bool
    /// Whether chunks tell how quick the answer is so far.
    let reportsTimings: Bool
    /// The conversation.
    let chat: ChatPrompt
    /// Whether the answer of an earlier chat will do (`semantic_cache`).
    let allowsKeptAnswer: Bool

    static let maximumAlternatives = 20

    init(_ fields: RequestFields, host: ModelHost) throws(APIError) {
        model = try host.model(for: fields)
        var options = try GenerationOptions(fields, for: model)
        let alternatives = try fields.integer("top_logprobs", in: 0...Self.maximumAlternatives)
        let reports = try fields.bool("logprobs") ?? false
        if alternatives != nil, !reports { throw .invalid("top_logprobs", "needs 'logprobs' to be true") }
        logProbabilities = reports ? alternatives ?? 0 : nil
        try fields.refuse(["functions", "function_call"], "is not supported: use 'tools'")
        try options.check(prompts: 1, for: model)
        let tools = try ToolFields(fields)
        chat = try ChatPrompt(fields, tools: tools)
        prompt = options.truncated(try chat.tokens(for: model))
        plan = AnswerPlan(
            tools, try .asked(fields, model), prompt: prompt, answer: options.constraint?.grammar, model)
        try options.bind(to: plan, model)
        self.options = options
        isVerbose = try fields.bool("verbose") ?? false
        reportsTimings = try fields.bool("timings_per_token") ?? false
        requests = try options.requests(
            prompt: prompt, for: model, logProbabilities: logProbabilities, param: "messages")
        allowsKeptAnswer = try fields.bool("semantic_cache") ?? true
        try fields.refuseUnread(accepting: AcceptedFields.inGeneration)
    }
}
