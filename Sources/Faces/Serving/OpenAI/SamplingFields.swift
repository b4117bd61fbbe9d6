import Decoding
import JSONValues

extension SamplingParameters {
    /// The model's defaults, changed by the request's fields.
    init(_ fields: RequestFields, for model: any ServedModel) throws(APIError) {
        try self.init(fields, defaults: model.defaultSampling, vocabularySize: model.vocabularySize)
    }

    /// Defaults, changed by fields.
    init(_ fields: RequestFields, defaults: SamplingParameters, vocabularySize: Int) throws(APIError) {
        self = defaults
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
        try readFurther(fields)
        // A negative seed asks for a fresh one, as in llama-server.
        if let value = try fields.integer("seed", in: .min ... .max) { seed = value < 0 ? nil : UInt64(value) }
        for (key, json) in try fields.fields("logit_bias")?.object ?? [:] {
            guard let token = Int32(key), token >= 0, Int(token) < vocabularySize else {
                throw .invalid("logit_bias", "has the key \"\(key)\", which is not a token id of this model")
            }
            guard let bias = json.doubleValue, (-100...100).contains(bias) else {
                throw .invalid("logit_bias", "must give token \(key) a number between -100 and 100")
            }
            logitBias[token] = Float(bias)
        }
    }
}

extension SamplingParameters {
    /// What llama-server has beside the usual, by its names.
    private mutating func readFurther(_ fields: RequestFields) throws(APIError) {
        let largest = RequestFields.largest
        if let value = try fields.number("top_n_sigma", in: -1...largest) { topNSigma = max(0, value) }
        if let value = try fields.number("xtc_probability", in: 0...1) { xtcProbability = value }
        if let value = try fields.number("xtc_threshold", in: 0...1) { xtcThreshold = value }
        if let value = try fields.number("dynatemp_range", in: 0...largest) { temperatureRange = value }
        if let value = try fields.number("dynatemp_exponent", in: 0...largest) { temperatureExponent = value }
        if let value = try fields.number("adaptive_target", in: -1...1) { adaptiveTarget = value < 0 ? nil : value }
        if let value = try fields.number("adaptive_decay", in: 0...0.99) { adaptiveDecay = value }
        if let value = try fields.integer("min_tokens", in: 0 ... .max) { minimumTokens = value }
        try readRepetitions(fields)
        try readMirostat(fields)
        if let names = try Self.names(fields, "samplers") {
            steps = []
            for name in names {
                guard let step = SamplingStep(name: name) else {
                    let known = SamplingStep.standard.map(\.rawValue).joined(separator: ", ")
                    throw .invalid("samplers", "has \"\(name)\", which is none of \(known)")
                }
                steps.append(step)
            }
        }
    }

    private mutating func readRepetitions(_ fields: RequestFields) throws(APIError) {
        if let value = try fields.number("dry_multiplier", in: 0...RequestFields.largest) { dryMultiplier = value }
        if let value = try fields.number("dry_base", in: 1...RequestFields.largest) { dryBase = value }
        if let value = try fields.integer("dry_allowed_length", in: 0 ... .max) { dryAllowedLength = value }
        if let value = try fields.integer("dry_penalty_last_n", in: -1 ... .max) { dryWindow = value < 0 ? nil : value }
        if let breakers = try Self.names(fields, "dry_sequence_breakers") { dryBreakers = breakers }
    }

    private mutating func readMirostat(_ fields: RequestFields) throws(APIError) {
        if let version = try fields.integer("mirostat", in: 0...2) {
            mirostat = Mirostat.Version(rawValue: version).map(Mirostat.init)
        }
        if let value = try fields.number("mirostat_tau", in: 0...RequestFields.largest) { mirostat?.target = value }
        if let value = try fields.number("mirostat_eta", in: 0...RequestFields.largest) { mirostat?.rate = value }
    }

    /// An array of strings, or of samplers one string with `;` between two.
    private static func names(_ fields: RequestFields, _ key: String) throws(APIError) -> [String]? {
        if key == "samplers", let text = fields[key]?.stringValue { return text.split(separator: ";").map(String.init) }
        guard let elements = try fields.array(key) else { return nil }
        var names: [String] = []
        for element in elements {
            guard let name = element.stringValue else {
                throw .invalid(key, "must be an array of strings, not of \(element.kind)")
            }
            names.append(name)
        }
        return names
    }
}
