import Decoding
import JSONValues

extension SamplingParameters {
    /// The model's defaults, changed by the request's fields.
    init(_ fields: RequestFields, for model: any ServedModel) throws(APIError) {
        self = model.defaultSampling
        if let value = try fields.number("temperature", in: 0...RequestFields.largest) { temperature = value }
        if let value = try fields.number("top_p", in: 0...1) { topP = value }
        if let value = try fields.number("min_p", in: 0...1) { minP = value }
        if let value = try fields.number("typical_p", in: 0...1) { typicalP = value }
        if let value = try fields.integer("top_k", in: -1 ... .max) { topK = max(0, value) }
        for key in ["repeat_penalty", "repetition_penalty"] {
            guard let value = try fields.number(key, in: 0...RequestFields.largest) else { continue }
            guard value > 0 else { throw .invalid(key, "must be greater than 0") }
            repetitionPenalty = value
        }
        if let value = try fields.number("frequency_penalty", in: -2...2) { frequencyPenalty = value }
        if let value = try fields.number("presence_penalty", in: -2...2) { presencePenalty = value }
        if let value = try fields.integer("repeat_last_n", in: -1 ... .max) { penaltyWindow = value < 0 ? nil : value }
        // A negative seed asks for a fresh one, as in llama-server.
        if let value = try fields.integer("seed", in: .min ... .max) { seed = value < 0 ? nil : UInt64(value) }
        for (key, json) in try fields.fields("logit_bias")?.object ?? [:] {
            guard let token = Int32(key), token >= 0, Int(token) < model.vocabularySize else {
                throw .invalid("logit_bias", "has the key \"\(key)\", which is not a token id of this model")
            }
            guard let bias = json.doubleValue, (-100...100).contains(bias) else {
                throw .invalid("logit_bias", "must give token \(key) a number between -100 and 100")
            }
            logitBias[token] = Float(bias)
        }
    }
}
