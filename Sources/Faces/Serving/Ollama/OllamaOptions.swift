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

    /// Those that a model can be made with.
    private static let own: Set<String> = [
        "temperature", "top_k", "top_p", "min_p", "typical_p", "seed", "num_predict", "stop", "repeat_penalty",
        "repeat_last_n", "presence_penalty", "frequency_penalty", "mirostat", "mirostat_tau", "mirostat_eta", "num_ctx",
    ]

    /// Whether there is an option of that name.
    static func isKnown(_ name: String) -> Bool { own.contains(name) || machine.contains(name) }

    init(_ fields: RequestFields, host: ModelHost) throws(APIError) {
        model = try host.model(for: fields)
        name = try fields.string("model").flatMap { $0.isEmpty ? nil : $0 } ?? model.id
        let options = try Self.options(fields, model)
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
    }

    /// The request's options, on top of the parameters that the model was made with. Of those a longer context than there is counts
    /// as the whole.
    private static func options(_ fields: RequestFields, _ model: any ServedModel) throws(APIError) -> RequestFields {
        let given = try fields.fields("options")?.object ?? [:]
        var parameters = model.settings?.parameters ?? [:]
        if parameters["num_ctx"]?.intValue ?? 0 > model.contextLength { parameters["num_ctx"] = nil }
        return RequestFields(parameters.merging(given) { $1 }, path: "options")
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
