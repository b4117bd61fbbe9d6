import ArgumentParser
import Inference

/// Options beside sampling: what of the prompt counts, and how answers are searched for.
struct SteeringOptions: ParsableArguments {
    @Flag(help: "Let the prompt's last tokens become others that its text begins (token healing).") var heal = false
    @Option(
        help: ArgumentHelp(
            "How much a passage of the prompt counts: below 1 less, above 1 more; may be repeated.",
            valueName: "text=factor"))
    var attention: [String] = []
    @Option(help: "Search for the likeliest answer among so many kept side by side, instead of sampling.") var beams:
        Int?
    @Option(help: "Above 0 a search prefers long answers, below 0 short ones.") var lengthPenalty: Double?

    func validate() throws {
        if let beams, !(1...64).contains(beams) { throw ValidationError("--beams wants a number from 1 to 64") }
        if let lengthPenalty, !lengthPenalty.isFinite {
            throw ValidationError("--length-penalty wants a number, not \(lengthPenalty)")
        }
        if beams == nil, lengthPenalty != nil { throw ValidationError("--length-penalty needs --beams") }
        if beams != nil, heal || !attention.isEmpty {
            throw ValidationError("--beams cannot stand beside --heal and --attention")
        }
        _ = try passages
    }

    private var passages: [(text: String, factor: Float)] {
        get throws {
            try attention.map { option in
                guard let mark = option.lastIndex(of: "="), mark > option.startIndex,
                    let factor = Float(option[option.index(after: mark)...]), factor >= 0, factor.isFinite
                else {
                    throw ValidationError(
                        "--attention wants a text and a factor from 0, such as \"Paris=0.1\", not \(option)")
                }
                return (String(option[..<mark]), factor)
            }
        }
    }

    /// Lays the options over a request.
    func apply(to request: inout GenerationRequest, _ model: LanguageModel) throws {
        request.healsPrompt = heal
        for (text, factor) in try passages {
            let ranges = model.tokenizer.ranges(of: text, in: request.prompt)
            guard !ranges.isEmpty else { throw CommandError("\"\(text)\" is not in the prompt") }
            request.attention += ranges.map { AttentionControl(tokens: $0, factor: factor) }
        }
    }

    /// How to search; nil where answers are sampled.
    func search(maximumTokens: Int?) throws -> BeamSearchParameters? {
        guard let beams else { return nil }
        guard let maximumTokens, maximumTokens > 0 else { throw CommandError("--beams needs --max-tokens") }
        var parameters = BeamSearchParameters(beams: beams, maximumTokens: maximumTokens)
        parameters.lengthPenalty = lengthPenalty ?? 1
        return parameters
    }
}
