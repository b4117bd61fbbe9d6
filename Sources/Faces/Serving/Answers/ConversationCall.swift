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

    /// - Parameter param: the field that holds the conversation.
    init(
        tokens: [Int32], _ options: GenerationOptions, model: any ServedModel, logProbabilities: Int? = nil,
        param: String
    ) throws(APIError) {
        self.model = model
        self.options = options
        prompt = options.truncated(tokens)
        request = try options.requests(prompt: prompt, for: model, logProbabilities: logProbabilities, param: param)[0]
    }

    /// Takes an answer apart as it arrives.
    func makeReader() -> AnswerReader { AnswerReader() }

    /// An answer taken apart.
    func contents(of answer: Answer) -> AnswerContents {
        var reader = makeReader()
        var contents = AnswerContents()
        for part in reader.append(answer.text) + reader.finish() { contents.append(part) }
        return contents
    }
}

/// Takes an answer apart as it arrives: text, reasoning, calls of tools.
struct AnswerReader: Sendable {
    mutating func append(_ text: String) -> [AnswerPart] { text.isEmpty ? [] : [.text(text)] }
    mutating func finish() -> [AnswerPart] { [] }

    /// The parts that an event brings.
    mutating func parts(of event: GenerationEvent) -> [AnswerPart] {
        switch event {
        case .prompt: []
        case .token(let token): append(token.text)
        case .finished(let completion): append(completion.trailingText) + finish()
        }
    }
}

extension ChatPrompt {
    /// A conversation in the form that chat templates take.
    ///
    /// - Parameter continuesFinalMessage: whether the last message is the beginning of the answer.
    init(messages: [JSON], tools: [JSON]? = nil, extra: JSON.Object = [:], continuesFinalMessage: Bool = false) {
        self.messages = messages
        self.tools = tools
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
        members["top_logprobs"] = .array(
            score.alternatives.prefix(alternatives).map { .object(entry($0.id, $0.logProbability)) })
        return .object(members)
    }
}
