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

    static let maximumStopStrings = 16
    static let maximumAnswers = 128

    init(_ fields: RequestFields, for model: any ServedModel) throws(APIError) {
        sampling = try SamplingParameters(fields, for: model)
        setsMaximumTokens = false
        for key in ["n_predict", "max_tokens", "max_completion_tokens"] {
            guard let limit = try fields.integer(key, in: -1 ... .max) else { continue }
            maximumTokens = limit < 0 ? nil : limit
            setsMaximumTokens = true
        }
        stopStrings = try Self.stopStrings(fields)
        ignoresEndOfGeneration = try fields.bool("ignore_eos") ?? false
        answersPerPrompt = try fields.integer("n", in: 1...Self.maximumAnswers) ?? 1
        streams = try fields.bool("stream") ?? false
        streamsUsage = try fields.fields("stream_options")?.bool("include_usage") ?? false
        returnsTokenIDs = try fields.bool("return_token_ids") ?? false
        if let best = try fields.integer("best_of", in: 1 ... .max), best != answersPerPrompt {
            throw .unsupported("best_of", "must equal 'n': this server returns every answer that it generates")
        }
    }

    private static func stopStrings(_ fields: RequestFields) throws(APIError) -> [String] {
        guard let stop = fields["stop"] else { return [] }
        let elements = stop.arrayValue ?? [stop]
        guard elements.count <= maximumStopStrings else {
            throw .invalid("stop", "may have at most \(maximumStopStrings) strings, not \(elements.count)")
        }
        var strings: [String] = []
        for element in elements {
            guard let string = element.stringValue else {
                throw .invalid("stop", "must be a string or an array of strings, not \(element.kind)")
            }
            guard !string.isEmpty else { throw .invalid("stop", "must not hold an empty string") }
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
        let room = maximumTokens == 0 ? 0 : 1
        guard prompt.count + room <= model.contextLength else {
            throw APIError(
                .badRequest,
                "The prompt has \(prompt.count) tokens, but the context of this model is \(model.contextLength) tokens"
                    + " for prompt and answer together; shorten the prompt.",
                param: param, code: "context_length_exceeded")
        }
        return (0..<answersPerPrompt).map { answer in
            var sampling = sampling
            sampling.seed = sampling.seed.map { $0 &+ UInt64(answer) }
            return GenerationRequest(
                prompt: prompt, sampling: sampling, maximumTokens: maximumTokens, stopStrings: stopStrings,
                ignoresEndOfGeneration: ignoresEndOfGeneration, logProbabilities: logProbabilities,
                scoresPrompt: scoresPrompt)
        }
    }
}
