import Decoding
import Inference
import JSONValues

/// A checked request of llama-server's `POST /completion`.
struct NativeCall: Sendable {
    let model: any ServedModel
    let options: GenerationOptions
    /// Each prompt's token ids.
    let prompts: [[Int32]]
    let requests: [GenerationRequest]
    /// Whether the reply is an array, since the prompt was one of several.
    let hasSeveral: Bool
    /// How many likely tokens to report with each; nil for no report.
    let probabilities: Int?
    let returnsTokens: Bool
    /// The fields that the reply is to have, with slashes into objects; empty for all.
    let responseFields: [String]
    let reportsTimings: Bool
    /// By which number the text can be saved.
    private let slot: Int?
    private let slots: SlotBook

    /// Fields with the values that mean that they are off.
    private static let neutral: [String: [JSON]] = [
        "n_indent": [0], "min_keep": [0, 1], "n_discard": [0], "backend_sampling": [false],
        "n_cmpl": [1], "return_progress": [false],
    ]

    init(_ fields: RequestFields, host: ModelHost) throws(APIError) {
        let model = try host.model(for: fields)
        var object = fields.object
        let bias = object["logit_bias"]
        object["logit_bias"] = nil
        let fields = RequestFields(object)
        var options = try GenerationOptions(fields, for: model)
        try options.sampling.addBias(bias, for: model)
        if options.beams != nil {
            throw .unsupported("use_beam_search", "is for /v1/completions and /v1/chat/completions")
        }
        guard options.bestOf == options.answersPerPrompt else {
            throw .unsupported("best_of", "is for /v1/completions and /v1/chat/completions")
        }
        let prompt = NativePrompt(model: model)
        guard let element = fields["prompt"] else { throw .invalid("prompt", "is missing") }
        (prompts, hasSeveral) = try prompt.read(element)
        try options.check(prompts: prompts.count, for: model)
        let count = try fields.integer(
            "n_probs", in: 0...min(GenerationOptions.maximumAlternatives, model.vocabularySize))
        probabilities = count.flatMap { $0 > 0 ? $0 : nil }
        returnsTokens = try fields.bool("return_tokens") ?? false
        reportsTimings = try fields.bool("timings_per_token") ?? false
        var names: [String] = []
        for name in try fields.array("response_fields") ?? [] {
            guard let name = name.stringValue else { throw .invalid("response_fields", "must hold strings") }
            names.append(name)
        }
        responseFields = names
        _ = (fields["model"], fields["echo"])
        slot = try fields.integer("id_slot", in: -1 ... .max)
        slots = host.slots
        try fields.refuseUnread { key, value in
            AcceptedFields.inGeneration(key, value) || Self.neutral[key]?.contains(value) ?? false
        }
        var requests: [GenerationRequest] = []
        for prompt in prompts {
            requests += try options.requests(
                prompt: options.truncated(prompt), for: model, logProbabilities: probabilities, param: "prompt")
        }
        self.model = model
        self.options = options
        self.requests = requests
    }

    /// Remembers a text by the number that the request gave it.
    func note(_ answer: Answer, _ index: Int) {
        slots.note(prompt(ofAnswer: index) + answer.tokens.map(\.id), slot: slot, of: model)
    }

    /// The prompt of an answer.
    func prompt(ofAnswer index: Int) -> [Int32] { prompts[index / options.answersPerPrompt] }
}

/// llama-server's prompts: a text, token ids, both in one array, an object with a text, or an array of such.
struct NativePrompt {
    let model: any ServedModel

    func read(_ prompt: JSON) throws(APIError) -> (prompts: [[Int32]], hasSeveral: Bool) {
        guard let elements = prompt.arrayValue else { return ([try one(prompt, isFirst: true)], false) }
        guard !elements.isEmpty else { throw .invalid("prompt", "must not be empty") }
        if elements.contains(where: { $0.intValue != nil }) { return ([try mixed(elements)], false) }
        guard elements.count <= CompletionCall.maximumPrompts else {
            throw .invalid("prompt", "may hold at most \(CompletionCall.maximumPrompts) prompts, not \(elements.count)")
        }
        var prompts: [[Int32]] = []
        for element in elements {
            if let parts = element.arrayValue {
                prompts.append(try mixed(parts))
            } else {
                prompts.append(try one(element, isFirst: true))
            }
        }
        return (prompts, true)
    }

    private func one(_ element: JSON, isFirst: Bool) throws(APIError) -> [Int32] {
        if let members = element.objectValue {
            let fields = RequestFields(members, path: "prompt")
            try fields.refuse(["multimodal_data"], "is not supported: this server reads text only")
            guard let text = fields["prompt_string"] else { throw .invalid("prompt.prompt_string", "is missing") }
            return try one(text, isFirst: isFirst)
        }
        guard let text = element.stringValue else {
            throw .invalid("prompt", "must hold texts, token ids or objects with a prompt_string, not \(element.kind)")
        }
        guard model.hasTokenizer else {
            throw .invalid("prompt", "is a text, but \(model.id) has no tokenizer: send token ids")
        }
        return model.encode(text, addSpecialTokens: isFirst, parseSpecialTokens: true)
    }

    private func mixed(_ elements: [JSON]) throws(APIError) -> [Int32] {
        var tokens: [Int32] = []
        for element in elements {
            if element.intValue == nil {
                tokens += try one(element, isFirst: tokens.isEmpty)
            } else {
                tokens += try model.tokens([element], param: "prompt")
            }
        }
        return tokens
    }
}

extension SamplingParameters {
    /// llama-server's forms of `logit_bias`: pairs, or an object, of token ids or texts, each with a number or false for never.
    mutating func addBias(_ json: JSON?, for model: any ServedModel) throws(APIError) {
        var pairs: [(JSON, JSON)] = []
        switch json {
        case nil, .null?: return
        case .object(let members)?: pairs = members.map { (.string($0.key), $0.value) }
        case .array(let elements)?:
            for element in elements {
                guard let token = element[0], let bias = element[1] else {
                    throw .invalid("logit_bias", "must hold pairs of a token and a number")
                }
                pairs.append((token, bias))
            }
        case let other?: throw .invalid("logit_bias", "must be an array of pairs or an object, not \(other.kind)")
        }
        for (token, value) in pairs {
            guard let bias = value == false ? -.infinity : value.doubleValue.map({ Float($0) }), !bias.isNaN else {
                throw .invalid("logit_bias", "must give each token a number, or false")
            }
            for id in try Self.tokens(token, model) { logitBias[id] = bias }
        }
    }

    private static func tokens(_ token: JSON, _ model: any ServedModel) throws(APIError) -> [Int32] {
        if token.intValue != nil { return try model.tokens([token], param: "logit_bias") }
        guard let text = token.stringValue else { throw .invalid("logit_bias", "holds \(token), which is no token") }
        if let id = Int(text) { return try model.tokens([.integer(id)], param: "logit_bias") }
        return model.encode(text, addSpecialTokens: false, parseSpecialTokens: true)
    }
}
