import Inference
import JSONValues

/// Builds the `logprobs` block of plain completions.
struct CompletionLogProbabilities: Sendable {
    private let model: any ServedModel
    private let alternatives: Int
    /// Where the next token begins in the returned text, in Unicode code points.
    private var offset = 0
    private var tokens: [JSON] = []
    private var values: [JSON] = []
    private var best: [JSON] = []
    private var offsets: [JSON] = []

    init(model: any ServedModel, alternatives: Int) {
        self.model = model
        self.alternatives = alternatives
    }

    mutating func append(_ score: TokenScore) {
        tokens.append(.string(model.text(of: score.id)))
        values.append(score.logProbability.map { .number(Double($0)) } ?? .null)
        best.append(score.logProbability == nil ? .null : Self.best(score, alternatives, model))
        offsets.append(.integer(offset))
        // A code point that is split over tokens belongs to the token with its first byte.
        offset += model.bytes(of: score.id).count { $0 & 0xC0 != 0x80 }
    }

    /// The block of all tokens since the last call.
    mutating func take() -> JSON {
        defer { (tokens, values, best, offsets) = ([], [], [], []) }
        return [
            "tokens": .array(tokens), "token_logprobs": .array(values), "top_logprobs": .array(best),
            "text_offset": .array(offsets),
        ]
    }

    /// The most likely tokens by their text, and the one that stands there; of two tokens with the same text the likelier one
    /// stays.
    private static func best(_ score: TokenScore, _ count: Int, _ model: any ServedModel) -> JSON {
        var members = JSON.Object()
        for alternative in score.alternatives.prefix(count) {
            let text = model.text(of: alternative.id)
            if members[text] == nil { members[text] = .number(Double(alternative.logProbability)) }
        }
        let text = model.text(of: score.id)
        if members[text] == nil, let logProbability = score.logProbability {
            members[text] = .number(Double(logProbability))
        }
        return .object(members)
    }
}
