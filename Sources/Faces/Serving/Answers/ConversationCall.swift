import Decoding
import Inference
import JSONValues

/// A conversation to be answered once, whatever wire format it came in.
struct ConversationCall: Sendable {
    let model: any ServedModel
    let options: GenerationOptions
    /// The prompt's token ids.
    let prompt: [Int32]
    let request: GenerationRequest
    /// What the answer may consist of.
    let plan: AnswerPlan

    /// - Parameters:
    ///   - tools: what the answer may call.
    ///   - param: the field that holds the conversation.
    init(
        tokens: [Int32], _ options: GenerationOptions, tools: ToolFields = ToolFields(), model: any ServedModel,
        logProbabilities: Int? = nil, param: String
    ) throws(APIError) {
        var options = options
        prompt = options.truncated(tokens)
        plan = AnswerPlan(
            tools, model.reasoningFormat, prompt: prompt, answer: options.constraint?.grammar, model)
        try options.bind(to: plan, model)
        self.model = model
        self.options = options
        request = try options.requests(prompt: prompt, for: model, logProbabilities: logProbabilities, param: param)[0]
    }

    /// Takes an answer apart as it arrives.
    func makeReader() -> AnswerReader { AnswerReader(plan) }

    /// An answer taken apart, and how many of its tokens are reasoning.
    func contents(of answer: Answer) -> (contents: AnswerContents, reasoningTokens: Int) {
        var reader = makeReader()
        var contents = AnswerContents()
        for token in answer.tokens { for part in reader.parts(of: .token(token)) { contents.append(part) } }
        if let completion = answer.completion {
            for part in reader.parts(of: .finished(completion)) { contents.append(part) }
        }
        return (contents, reader.reasoningTokens)
    }
}

/// Takes an answer apart as it arrives: text, reasoning, calls of tools.
struct AnswerReader: Sendable {
    private var parser: AnswerParser
    /// How many tokens have brought reasoning.
    private(set) var reasoningTokens = 0

    init(_ plan: AnswerPlan) { parser = plan.makeParser() }

    /// The parts that an event brings.
    mutating func parts(of event: GenerationEvent) -> [AnswerPart] {
        switch event {
        case .prompt: return []
        case .token(let token):
            let parts = parser.append(token.text)
            let isReasoning = parts.contains { if case .reasoning = $0 { true } else { false } }
            if isReasoning { reasoningTokens += 1 }
            return parts
        case .finished(let completion): return parser.append(completion.trailingText) + parser.finish()
        }
    }
}

extension ChatPrompt {
    /// A conversation in the form that chat templates take.
    ///
    /// - Parameter continuesFinalMessage: whether the last message is the beginning of the answer.
    init(
        messages: [JSON], tools: ToolFields = ToolFields(), extra: JSON.Object = [:],
        continuesFinalMessage: Bool = false
    ) {
        self.messages = messages
        toolFields = tools
        self.tools = tools.json.isEmpty ? nil : tools.json
        self.extra = extra
        self.continuesFinalMessage = continuesFinalMessage
        addsGenerationPrompt = !continuesFinalMessage
    }
}

extension GenerationOptions {
    /// The options of a request for one answer that says nothing else.
    init(sampling: SamplingParameters, maximumTokens: Int?, stopStrings: [String], streams: Bool) {
        self.sampling = sampling
        self.maximumTokens = maximumTokens
        setsMaximumTokens = maximumTokens != nil
        self.stopStrings = stopStrings
        ignoresEndOfGeneration = false
        answersPerPrompt = 1
        self.streams = streams
        streamsUsage = false
        returnsTokenIDs = false
    }
}

extension ServedModel {
    /// A token's score as OpenAI's chat completions report it, and what else might have stood there.
    func logProbability(_ score: TokenScore, alternatives: Int) -> JSON {
        func entry(_ token: Int32, _ logProbability: Float) -> JSON.Object {
            [
                "token": .string(text(of: token)), "logprob": .number(Double(logProbability)),
                "bytes": .array(bytes(of: token).map { .integer(Int($0)) }),
            ]
        }
        var members = entry(score.id, score.logProbability ?? 0)
        if let entropy = score.entropy { members["entropy"] = .number(Double(entropy)) }
        members["top_logprobs"] = .array(
            score.alternatives.prefix(alternatives).map { .object(entry($0.id, $0.logProbability)) })
        return .object(members)
    }
}
