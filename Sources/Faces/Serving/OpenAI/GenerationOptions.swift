import Constraints
import Decoding
import Inference
import JSONValues

/// The fields that chat and plain completions share, with OpenAI's names and the other servers' additions.
struct GenerationOptions: Sendable {
    /// How tokens are chosen.
    var sampling: SamplingParameters
    /// `max_tokens` or one of its other names; nil where absent or -1.
    var maximumTokens: Int?
    /// Whether a limit was given at all, -1 included.
    var setsMaximumTokens: Bool
    /// The stop strings, at most 16.
    var stopStrings: [String]
    /// `ignore_eos`.
    var ignoresEndOfGeneration: Bool
    /// How many answers each prompt gets.
    var answersPerPrompt: Int
    /// Whether the answer is streamed as events.
    var streams: Bool
    /// Whether the stream ends with a chunk that holds the usage.
    var streamsUsage: Bool
    /// Whether token ids are reported.
    var returnsTokenIDs: Bool
    /// How many alternatives to report with each token of the prompt; nil for no report.
    var promptLogProbabilities: Int?
    /// How many of the prompt's last tokens count; nil for all.
    var promptLimit: Int?

    /// The adapters that are asked for; nil for those that the model's name means.
    var adapters: [AdapterUse]?
    /// What the answer must look like, and the field that says so.
    var constraint: Constraint?
    var constraintField: String?
    /// Whether an answer that is bound to a form is completed where its limit cuts it.
    var closesOnLimit = false
    /// Whether the prompt's last tokens may become others.
    var healsPrompt = false
    /// The most tokens that are guessed ahead, and how probable a draft model's likeliest one must be (`speculative.n_max`,
    /// `speculative.p_min`); nil for what the server's options say.
    var draftTokens: Int?
    var draftConfidence: Float?
    /// Passages of the prompt that count less or more.
    var passages: [SteeredPassage] = []
    /// How many answers are generated for each prompt, of which the likeliest are returned (`best_of`).
    var bestOf = 1
    /// How answers are searched for; nil where they are sampled.
    var beams: BeamSearchParameters?
    /// What happens where prompt and answer do not fit the context.
    var overflow = ContextOverflow.error
    /// Texts whose special tokens are part of the answer's text.
    var visibleMarks: [String] = []

    static let maximumStopStrings = 16
    static let maximumAnswers = 128
    /// The most alternatives reported with each token: a whole vocabulary of them for each of a prompt would fill the memory.
    static let maximumAlternatives = 100
    /// Fields of other servers that this one does not know.
    private static let unknown = [
        "guided_decoding_backend", "guided_whitespace_pattern", "regex", "ebnf", "allowed_token_ids", "bad_words",
        "stop_token_ids",
    ]

    init(_ fields: RequestFields, for model: any ServedModel) throws(APIError) {
        try fields.refuse(Self.unknown, "is not supported by this server")
        sampling = try SamplingParameters(fields, for: model)
        setsMaximumTokens = false
        for key in ["n_predict", "max_tokens", "max_completion_tokens"] {
            guard let limit = try fields.integer(key, in: -1 ... .max) else { continue }
            maximumTokens = limit < 0 ? nil : limit
            setsMaximumTokens = true
        }
        if !setsMaximumTokens, let limit = model.usualLimit { (maximumTokens, setsMaximumTokens) = (limit, true) }
        stopStrings = try fields["stop"] == nil ? model.usualStops() : Self.stopStrings(fields)
        ignoresEndOfGeneration = try fields.bool("ignore_eos") ?? false
        answersPerPrompt = try fields.integer("n", in: 1...Self.maximumAnswers) ?? 1
        streams = try fields.bool("stream") ?? false
        let streamOptions = try fields.fields("stream_options")
        streamsUsage = try streamOptions?.bool("include_usage") ?? false
        try streamOptions?.refuseUnread { key, value in
            // The first hides lengths from those who watch the line, which is of this machine.
            key == "include_obfuscation" || key == "continuous_usage_stats" && value == false
        }
        if !streams, fields["stream_options"] != nil { throw .invalid("stream_options", "needs 'stream' to be true") }
        promptLogProbabilities = try fields.integer("prompt_logprobs", in: 0...Self.maximumAlternatives)
        if streams, promptLogProbabilities != nil {
            throw .unsupported("prompt_logprobs", "is for answers in one piece: leave 'stream' out")
        }
        if let limit = try fields.integer("truncate_prompt_tokens", in: -1...model.contextLength) {
            guard limit != 0 else {
                throw .invalid("truncate_prompt_tokens", "must leave at least one token, or be -1")
            }
            promptLimit =
                limit > 0 ? limit : max(1, model.contextLength - max(1, min(maximumTokens ?? 1, model.contextLength)))
        }
        overflow = try Self.overflow(fields)
        closesOnLimit = try fields.bool("close_on_limit") ?? false
        healsPrompt = try fields.bool("token_healing") ?? false
        draftTokens = try fields.integer("speculative.n_max", in: 0 ... .max)
        draftConfidence = try fields.number("speculative.p_min", in: 0...1)
        if try fields.integer("speculative.n_min", in: 0 ... .max) ?? 0 > 0 {
            throw .unsupported(
                "speculative.n_min", "must be 0: what was guessed is checked, however few tokens that are")
        }
        passages = try SteeredPassage.all(fields)
        adapters = try model.adapters(fields)
        returnsTokenIDs = try fields.bool("return_token_ids") ?? false
        bestOf = try fields.integer("best_of", in: 1...Self.maximumAnswers) ?? answersPerPrompt
        guard bestOf >= answersPerPrompt else { throw .invalid("best_of", "must be at least 'n'") }
        if streams, bestOf > answersPerPrompt {
            throw .unsupported("best_of", "is for answers in one piece: leave 'stream' out")
        }
        beams = try BeamSearchParameters(fields, beams: bestOf, maximumTokens: maximumTokens)
        if beams != nil { try checkBeams(fields) }
        if let (param, grammar) = try ConstraintFields.grammar(fields) {
            if beams != nil { throw .unsupported("use_beam_search", "cannot stand beside '\(param)'") }
            constraintField = param
            constraint = try model.constraint(param, grammar)
        }
    }

    /// A search looks for nothing but the likeliest texts.
    private func checkBeams(_ fields: RequestFields) throws(APIError) {
        if streams { throw .unsupported("use_beam_search", "is for answers in one piece: leave 'stream' out") }
        let others = [
            "tools", "attention", "logprobs", "prompt_logprobs", "echo", "stop", "lora", "token_healing",
            "close_on_limit",
            "logit_bias", "min_tokens", "ignore_eos", "presence_penalty", "frequency_penalty", "repetition_penalty",
            "repeat_penalty", "dry_multiplier",
        ]
        for key in others {
            // What is off asks for nothing.
            let off = key.hasPrefix("repe") ? 1.0 : 0
            guard let value = fields[key], value.doubleValue != off, value != false else { continue }
            throw .unsupported("use_beam_search", "cannot stand beside '\(key)'")
        }
    }

    /// `context_overflow`: `error`, `truncate` or `shift`; `n_keep` is how many of the first tokens stay, -1 for all of the prompt.
    private static func overflow(_ fields: RequestFields) throws(APIError) -> ContextOverflow {
        let kept = try fields.integer("n_keep", in: -1 ... .max) ?? 0
        let keeping = kept < 0 ? .max : kept
        switch try fields.string("context_overflow") {
        case nil, "error": return .error
        case "truncate": return .truncate(keeping: keeping)
        case "shift": return .shift(keeping: keeping)
        case let other?:
            throw .invalid("context_overflow", "must be error, truncate or shift, not \"\(other)\"")
        }
    }

    static func stopStrings(_ fields: RequestFields, key: String = "stop") throws(APIError) -> [String] {
        guard let stop = fields[key] else { return [] }
        let elements = stop.arrayValue ?? [stop]
        guard elements.count <= maximumStopStrings else {
            throw .invalid(fields.name(key), "may have at most \(maximumStopStrings) strings, not \(elements.count)")
        }
        var strings: [String] = []
        for element in elements {
            guard let string = element.stringValue else {
                throw .invalid(fields.name(key), "must be a string or an array of strings, not \(element.kind)")
            }
            guard !string.isEmpty else { throw .invalid(fields.name(key), "must not hold an empty string") }
            strings.append(string)
        }
        return strings
    }

    /// The engine's requests for one prompt, one for each answer.
    ///
    /// Answer k of a prompt with a seed uses the seed plus k, so that the answers differ and can all be repeated.
    func requests(
        prompt: [Int32], for model: any ServedModel, logProbabilities: Int?, scoresPrompt: Bool = false, param: String
    ) throws(APIError) -> [GenerationRequest] {
        guard !prompt.isEmpty else { throw .invalid(param, "must have at least one token") }
        let alternatives = [logProbabilities, promptLogProbabilities].compactMap(\.self).max()
        let room = maximumTokens == 0 ? 0 : 1
        guard prompt.count + room <= model.contextLength || overflow != .error else {
            throw .contextExceeded(
                tokens: prompt.count, limit: model.contextLength, reason: model.contextReason, param: param)
        }
        let controls = try SteeredPassage.controls(passages, in: prompt, of: model)
        return (0..<bestOf).map { answer in
            var sampling = sampling
            sampling.seed = sampling.seed.map { $0 &+ UInt64(answer) }
            var request = GenerationRequest(
                prompt: prompt, sampling: sampling, maximumTokens: maximumTokens, stopStrings: stopStrings,
                ignoresEndOfGeneration: ignoresEndOfGeneration, logProbabilities: alternatives,
                scoresPrompt: scoresPrompt || promptLogProbabilities != nil, constraint: constraint)
            request.visibleMarks = visibleMarks
            request.overflow = overflow
            request.closesOnLimit = closesOnLimit
            request.healsPrompt = healsPrompt
            request.attention = controls
            (request.draftTokens, request.draftConfidence) = (draftTokens, draftConfidence)
            // The best are found by their log-probabilities.
            if bestOf > answersPerPrompt { request.logProbabilities = request.logProbabilities ?? 0 }
            request.adapters = adapters
            return request
        }
    }
}

extension GenerationOptions {
    /// Checks how many answers a call asks for.
    func check(prompts: Int, for model: any ServedModel) throws(APIError) {
        let (answers, isHuge) = prompts.multipliedReportingOverflow(by: bestOf)
        guard isHuge || answers > model.maximumAnswers else { return }
        throw .invalid(
            prompts > 1 ? "prompt" : "n",
            "asks for \(prompts) times \(answersPerPrompt) answers, and one call may have \(model.maximumAnswers)")
    }

    /// The end of a prompt that is to count.
    func truncated(_ prompt: [Int32]) -> [Int32] { promptLimit.map { Array(prompt.suffix($0)) } ?? prompt }
}

extension ServedModel {
    /// The stop strings that the settings say.
    func usualStops() throws(APIError) -> [String] {
        guard let stop = settings?.parameters["stop"] else { return [] }
        return try GenerationOptions.stopStrings(RequestFields(["stop": stop], path: "parameters"))
    }

    /// The most tokens of an answer that the settings say.
    var usualLimit: Int? { settings?.parameters["num_predict"]?.intValue.flatMap { $0 < 0 ? nil : $0 } }

    /// vLLM's `prompt_logprobs`: for each token of a prompt but the first the likeliest ones and itself, by their ids.
    func promptLogProbabilities(_ scores: [TokenScore], alternatives: Int) -> JSON {
        func entry(_ token: Int32, _ logProbability: Float, _ rank: Int?) -> JSON {
            [
                "logprob": .number(Double(logProbability)), "rank": rank.map(JSON.integer) ?? .null,
                "decoded_token": .string(text(of: token)),
            ]
        }
        return .array(
            scores.map { score in
                guard let logProbability = score.logProbability else { return .null }
                var members: JSON.Object = [String(score.id): entry(score.id, logProbability, score.rank)]
                for (index, other) in score.alternatives.prefix(alternatives).enumerated() where other.id != score.id {
                    members[String(other.id)] = entry(other.id, other.logProbability, index + 1)
                }
                return .object(members)
            })
    }
}
