import Inference
import JSONValues

/// A passage of a prompt that counts less or more (`attention`).
struct SteeredPassage: Sendable {
    var text: String
    var factor: Float
    /// The field, for errors.
    var param: String

    private static let maximumCount = 64

    /// `attention`: an array of objects with `text`, a passage of the prompt, and `factor`, from 0.
    static func all(_ fields: RequestFields) throws(APIError) -> [SteeredPassage] {
        let elements = try fields.array("attention") ?? []
        guard elements.count <= maximumCount else {
            throw .invalid("attention", "may have at most \(maximumCount) passages, not \(elements.count)")
        }
        var passages: [SteeredPassage] = []
        for (index, element) in elements.enumerated() {
            let path = "\(fields.name("attention"))[\(index)]"
            guard let members = element.objectValue else {
                throw .invalid(path, "must be an object with 'text' and 'factor', not \(element.kind)")
            }
            let passage = RequestFields(members, path: path)
            guard let text = try passage.string("text"), !text.isEmpty else {
                throw .invalid(passage.name("text"), "is missing: it is a passage of the prompt")
            }
            guard let factor = try passage.number("factor", in: 0...1000) else {
                throw .invalid(passage.name("factor"), "is missing: below 1 suppresses, above 1 amplifies")
            }
            passages.append(SteeredPassage(text: text, factor: factor, param: path))
        }
        return passages
    }

    /// The tokens of `prompt` that any occurrence of the passages has a byte of.
    static func controls(
        _ passages: [SteeredPassage], in prompt: [Int32], of model: any ServedModel
    ) throws(APIError) -> [AttentionControl] {
        guard !passages.isEmpty else { return [] }
        let texts = TokenTexts(prompt) { model.bytes(of: $0) }
        var controls: [AttentionControl] = []
        for passage in passages {
            let ranges = texts.ranges(of: passage.text)
            guard !ranges.isEmpty else {
                throw .invalid(passage.param, "is not in the prompt: \"\(passage.text)\"")
            }
            controls += ranges.map { AttentionControl(tokens: $0, factor: passage.factor) }
        }
        return controls
    }
}

extension BeamSearchParameters {
    /// vLLM's `use_beam_search` and what belongs to it; nil where answers are sampled.
    ///
    init?(_ fields: RequestFields, beams: Int, maximumTokens: Int?) throws(APIError) {
        let isWanted = try fields.bool("use_beam_search") ?? false
        let penalty = try fields.number("length_penalty", in: -100...100) ?? 1
        let early = fields["early_stopping"]
        guard isWanted else {
            guard penalty == 1 else { throw .invalid("length_penalty", "needs 'use_beam_search' to be true") }
            guard early == nil || early == false else {
                throw .invalid("early_stopping", "needs 'use_beam_search' to be true")
            }
            return nil
        }
        guard let maximumTokens, maximumTokens > 0 else {
            throw .invalid("use_beam_search", "needs a limit, such as 'max_tokens'")
        }
        self.init(beams: beams, maximumTokens: maximumTokens)
        lengthPenalty = Double(penalty)
        switch early {
        case nil, false: break
        case true: ending = .early
        case "never": ending = .never
        default: throw .invalid("early_stopping", "must be true, false or \"never\"")
        }
    }
}

extension GenerationReply {
    /// What a search finds for each prompt, so many answers of each.
    func answers(
        of model: any ServedModel, searching parameters: BeamSearchParameters, for prompts: [[Int32]], _ count: Int
    ) async throws -> [Answer] {
        var found: [Answer] = []
        for prompt in prompts {
            let hypotheses = try await Peer.whileThere { try await model.beamSearch(prompt, parameters) }
            found += hypotheses.prefix(count).map { Answer($0, promptTokens: prompt.count) }
        }
        return found
    }
}

extension [Answer] {
    /// Of each so many answers to one prompt those whose tokens are the likeliest on average.
    func best(_ count: Int, ofEach group: Int) -> [Answer] {
        stride(from: 0, to: self.count, by: group).flatMap { start in
            self[start..<Swift.min(start + group, self.count)].sorted { $0.meanLogProbability > $1.meanLogProbability }
                .prefix(count)
        }
    }
}

extension Answer {
    fileprivate var meanLogProbability: Float {
        let values = tokens.compactMap { $0.score?.logProbability }
        return values.isEmpty ? -.infinity : values.reduce(0, +) / Float(values.count)
    }

    fileprivate init(_ hypothesis: Hypothesis, promptTokens: Int) {
        tokens = hypothesis.tokens.map { GeneratedToken(id: $0, text: "", score: nil) }
        text = hypothesis.text
        completion = Completion(
            finishReason: hypothesis.finishReason, trailingText: "", promptTokens: promptTokens, cachedTokens: 0,
            completionTokens: hypothesis.tokens.count, promptSeconds: 0, completionSeconds: 0)
    }
}
