import Inference
import JSONValues

/// A checked request of `POST /v1/completions`.
struct CompletionCall: Sendable {
    let model: any ServedModel
    let options: GenerationOptions
    /// Each prompt's token ids, in the order of the request.
    let prompts: [[Int32]]
    /// The engine's requests; the answers of prompt p are `p * n` up to `p * n + n - 1`.
    let requests: [GenerationRequest]
    /// Each prompt's text where the answer begins with it, else nil.
    let echoes: [String]?
    /// Alternatives to report with each token; nil for no report.
    let logProbabilities: Int?

    /// OpenAI's limit for calls that set none.
    static let defaultMaximumTokens = 16
    static let maximumPrompts = 2048

    init(_ fields: RequestFields, host: ModelHost) throws(APIError) {
        model = try host.model(for: fields)
        if let suffix = try fields.string("suffix"), !suffix.isEmpty {
            throw .unsupported("suffix", "is not supported: this server only continues a prompt")
        }
        var options = try GenerationOptions(fields, for: model)
        if !options.setsMaximumTokens { options.maximumTokens = Self.defaultMaximumTokens }
        self.options = options
        logProbabilities = try fields.integer(
            "logprobs", in: 0...min(GenerationOptions.maximumAlternatives, model.vocabularySize))

        let echo = try fields.bool("echo") ?? false
        let addsSpecialTokens = try fields.bool("add_special_tokens") ?? true
        var prompts: [[Int32]] = []
        var texts: [String] = []
        let elements = try Self.promptElements(fields)
        try fields.refuseUnread(accepting: AcceptedFields.inGeneration)
        try options.check(prompts: elements.count, for: model)
        for element in elements {
            if let text = element.stringValue {
                guard model.hasTokenizer else {
                    throw .invalid("prompt", "is a text, but \(model.id) has no tokenizer: send token ids")
                }
                let tokens = model.encode(text, addSpecialTokens: addsSpecialTokens, parseSpecialTokens: true)
                prompts.append(options.truncated(tokens))
                texts.append(text)
            } else {
                let tokens = options.truncated(try model.tokens(element.arrayValue ?? [], param: "prompt"))
                prompts.append(tokens)
                texts.append(echo ? model.decode(tokens, skipSpecialTokens: false) : "")
            }
        }
        var requests: [GenerationRequest] = []
        for prompt in prompts {
            requests += try options.requests(
                prompt: prompt, for: model, logProbabilities: logProbabilities,
                scoresPrompt: echo && logProbabilities != nil, param: "prompt")
        }
        self.prompts = prompts
        self.requests = requests
        echoes = echo ? texts : nil
    }

    /// The prompts: each a string or an array of token ids.
    private static func promptElements(_ fields: RequestFields) throws(APIError) -> [JSON] {
        guard let prompt = fields["prompt"] else { throw .invalid("prompt", "is missing") }
        if prompt.stringValue != nil { return [prompt] }
        guard let elements = prompt.arrayValue else {
            throw .invalid(
                "prompt", "must be a string, an array of token ids, or an array of either, not \(prompt.kind)")
        }
        guard let first = elements.first else { throw .invalid("prompt", "must not be empty") }
        if first.intValue != nil { return [prompt] }
        guard elements.count <= maximumPrompts else {
            throw .invalid("prompt", "may hold at most \(maximumPrompts) prompts, not \(elements.count)")
        }
        for (index, element) in elements.enumerated() where element.stringValue == nil && element.arrayValue == nil {
            throw .invalid(
                "prompt", "must hold strings or arrays of token ids, but element \(index) is \(element.kind)")
        }
        return elements
    }

    /// Which prompt an answer belongs to.
    func promptIndex(ofAnswer index: Int) -> Int { index / options.answersPerPrompt }
}
