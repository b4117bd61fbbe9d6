import Constraints
import Decoding
import Inference
import JSONValues

/// The fields that `/api/generate` and `/api/chat` share, checked.
struct OllamaOptions: Sendable {
    /// The model's name as the request has it.
    let name: String
    let model: any ServedModel
    var generation: GenerationOptions
    /// Alternatives to report with each token; nil for no report.
    let logProbabilities: Int?
    /// Whether the model is to think before it answers; nil for what it does by itself.
    let thinks: Bool?
    /// The variables of the chat template that say so.
    let extra: JSON.Object
    /// The most tokens of prompt and answer together.
    private let contextLimit: Int?

    /// Settings of `options` about the machine, which change no answer.
    private static let machine: Set<String> = [
        "numa", "num_batch", "num_gpu", "main_gpu", "low_vram", "f16_kv", "use_mmap", "use_mlock", "num_thread",
        "num_keep", "penalize_newline", "vocab_only", "logits_all", "rope_frequency_base", "rope_frequency_scale",
    ]

    init(_ fields: RequestFields, host: ModelHost) throws(APIError) {
        model = try host.model(for: fields)
        name = try fields.string("model").flatMap { $0.isEmpty ? nil : $0 } ?? model.id
        let options = try fields.fields("options") ?? RequestFields([:], path: "options")
        let sampling = try SamplingParameters(options, for: model)
        let limit = try options.integer("num_predict", in: -2 ... .max)
        generation = GenerationOptions(
            sampling: sampling, maximumTokens: limit.flatMap { $0 < 0 ? nil : $0 },
            stopStrings: try GenerationOptions.stopStrings(options),
            // Ollama streams unless told otherwise.
            streams: try fields.bool("stream") ?? true)
        contextLimit = try options.integer("num_ctx", in: 0 ... .max).flatMap { $0 == 0 ? nil : $0 }
        if let contextLimit, contextLimit > model.contextLength {
            throw .unsupported(
                "options.num_ctx", "is \(contextLimit), but the context of this model is \(model.contextLength) tokens")
        }
        try options.refuseUnread { key, value in
            Self.machine.contains(key) || AcceptedFields.inGeneration(key, value)
        }
        if let grammar = try Self.grammar(fields["format"]) {
            generation.constraintField = "format"
            generation.constraint = try model.constraint("format", grammar)
        }
        let alternatives = try fields.integer("top_logprobs", in: 0...ChatCall.maximumAlternatives)
        let reports = try fields.bool("logprobs") ?? false
        if alternatives != nil, !reports { throw .invalid("top_logprobs", "needs 'logprobs' to be true") }
        logProbabilities = reports ? alternatives ?? 0 : nil
        switch fields["think"] {
        case nil: (thinks, extra) = (nil, [:])
        case .bool(let value)?: (thinks, extra) = (value, ["enable_thinking": .bool(value)])
        case .string(let effort)? where ["low", "medium", "high"].contains(effort):
            (thinks, extra) = (true, ["enable_thinking": true, "reasoning_effort": .string(effort)])
        default: throw .invalid("think", "must be true, false, \"low\", \"medium\" or \"high\"")
        }
        if thinks == true, model.reasoningFormat == nil {
            throw .unsupported("think", "is not possible: \(model.id) does not think before it answers")
        }
        try KeepAlive.check(fields)
    }

    private static func grammar(_ format: JSON?) throws(APIError) -> Grammar? {
        switch format {
        case nil, "": return nil
        case "json": return .jsonSchema(["type": "object"], .compact)
        case .object?: return format.map { .jsonSchema($0, .compact) }
        default: throw .invalid("format", "must be \"json\" or a JSON schema")
        }
    }

    /// The options for a prompt: with `num_ctx` the answer may be no longer than what it leaves.
    func limited(_ prompt: [Int32]) throws(APIError) -> GenerationOptions {
        guard let contextLimit else { return generation }
        guard prompt.count < contextLimit else {
            throw APIError(
                .badRequest,
                "The prompt has \(prompt.count) tokens, but 'options.num_ctx' allows \(contextLimit) for prompt and answer"
                    + " together; shorten the prompt or allow more.", param: "options.num_ctx",
                code: "context_length_exceeded")
        }
        var options = generation
        options.maximumTokens = min(options.maximumTokens ?? .max, contextLimit - prompt.count)
        return options
    }
}

/// Ollama's `keep_alive`: for how long a model stays loaded.
enum KeepAlive {
    /// Reads the field in seconds; nil if it is absent, negative for ever.
    static func seconds(_ fields: RequestFields) throws(APIError) -> Double? {
        switch fields["keep_alive"] {
        case nil: return nil
        case .integer(let seconds)?: return Double(seconds)
        case .number(let seconds)?: return seconds
        case .string(let text)?:
            guard let seconds = duration(text) else {
                throw .invalid("keep_alive", "must be seconds or a duration such as \"5m\", not \"\(text)\"")
            }
            return seconds
        case let other?: throw .invalid("keep_alive", "must be seconds or a duration such as \"5m\", not \(other.kind)")
        }
    }

    static func check(_ fields: RequestFields) throws(APIError) { _ = try seconds(fields) }

    /// Reads Go's durations, such as `1h30m` or `-1s`; a number alone is seconds.
    static func duration(_ text: String) -> Double? {
        if let seconds = Double(text), seconds.isFinite { return seconds }
        let units: [(String, Double)] = [
            ("ms", 1e-3), ("us", 1e-6), ("µs", 1e-6), ("ns", 1e-9), ("h", 3600), ("m", 60), ("s", 1),
        ]
        var rest = text[...]
        let isNegative = rest.hasPrefix("-")
        if isNegative || rest.hasPrefix("+") { rest.removeFirst() }
        var total = 0.0
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let number = rest.prefix { $0.isNumber || $0 == "." }
            guard let value = Double(number) else { return nil }
            rest = rest.dropFirst(number.count)
            guard let unit = units.first(where: { rest.hasPrefix($0.0) }) else { return nil }
            rest = rest.dropFirst(unit.0.count)
            total += value * unit.1
        }
        return isNegative ? -total : total
    }
}
