import ArgumentParser
import Decoding

/// How tokens are chosen. What is not given stays as the model's own recommendation has it.
struct SamplingOptions: ParsableArguments {
    @Option(help: "Divides the logits; 0 always takes the most likely token.") var temperature: Float?
    @Option(help: "Keep only the K most likely tokens; 0 keeps all.") var topK: Int?
    @Option(help: "Keep the fewest likely tokens whose probabilities reach P (nucleus sampling).") var topP: Float?
    @Option(help: "Drop tokens less likely than this share of the most likely one.") var minP: Float?
    @Option(help: "Locally typical sampling; 1 switches it off.") var typicalP: Float?
    @Option(help: "Divides the logits of recent tokens; 1 is neutral.") var repetitionPenalty: Float?
    @Option(help: "Subtracted for each time a token stands in the recent text.") var frequencyPenalty: Float?
    @Option(help: "Subtracted from every token that stands in the recent text.") var presencePenalty: Float?
    @Option(help: "Keep logits within N standard deviations of the largest one.") var topNSigma: Float?
    @Option(help: "How often all but the least likely of the likely tokens are dropped (XTC).") var xtcProbability:
        Float?
    @Option(help: "The probability from which on XTC drops tokens.") var xtcThreshold: Float?
    @Option(help: "Penalize what continues a repetition of several tokens (DRY); 0 switches it off.")
    var dryMultiplier: Float?
    @Option(help: "The base of DRY's penalty.") var dryBase: Float?
    @Option(help: "The longest repetition that DRY lets pass.") var dryAllowedLength: Int?
    @Option(help: "The tokens that DRY looks at; -1 for all.") var dryPenaltyLastN: Int?
    @Option(help: "A text across which DRY sees no repetition, in place of the usual ones; may be repeated.")
    var drySequenceBreaker: [String] = []
    @Option(help: "How far the temperature may be from --temperature, by the entropy.") var dynatempRange: Float?
    @Option(help: "The power that the share of the largest entropy is taken to.") var dynatempExp: Float?
    @Option(help: "Keep the surprise near a target: 1 or 2; 0 switches it off.") var mirostat: Int?
    @Option(help: "Mirostat's target in bits.") var mirostatEnt: Float?
    @Option(help: "Mirostat's rate of learning.") var mirostatLr: Float?
    @Option(help: "Draw tokens with a probability near this one.") var adaptiveTarget: Float?
    @Option(help: "How much of what was drawn before counts for --adaptive-target.") var adaptiveDecay: Float?
    @Option(help: "The answer does not end before it has so many tokens.") var minTokens: Int?
    @Option(
        help: ArgumentHelp(
            "The steps of sampling in their order, with semicolons between them.",
            discussion: SamplingStep.standard.map(\.rawValue).joined(separator: ";"), valueName: "steps"))
    var samplers: String?
    @Option(help: "The same seed gives the same answer.") var seed: UInt64?
    @Option(help: ArgumentHelp("Add to the logit of a token; may be repeated.", valueName: "id=bias"))
    var logitBias: [String] = []

    func validate() throws {
        var parameters = SamplingParameters()
        try apply(to: &parameters)
    }

    /// Lays the given options over `parameters`.
    func apply(to parameters: inout SamplingParameters) throws(ValidationError) {
        let values: [(String, String?)] = [
            ("temperature", temperature?.description), ("top-k", topK?.description), ("top-p", topP?.description),
            ("min-p", minP?.description), ("typical-p", typicalP?.description),
            ("repetition-penalty", repetitionPenalty?.description),
            ("frequency-penalty", frequencyPenalty?.description), ("presence-penalty", presencePenalty?.description),
            ("top-n-sigma", topNSigma?.description), ("xtc-probability", xtcProbability?.description),
            ("xtc-threshold", xtcThreshold?.description), ("dry-multiplier", dryMultiplier?.description),
            ("dry-base", dryBase?.description), ("dry-allowed-length", dryAllowedLength?.description),
            ("dry-penalty-last-n", dryPenaltyLastN?.description), ("dynatemp-range", dynatempRange?.description),
            ("dynatemp-exp", dynatempExp?.description), ("mirostat", mirostat?.description),
            ("mirostat-ent", mirostatEnt?.description), ("mirostat-lr", mirostatLr?.description),
            ("adaptive-target", adaptiveTarget?.description), ("adaptive-decay", adaptiveDecay?.description),
            ("min-tokens", minTokens?.description), ("samplers", samplers), ("seed", seed?.description),
        ]
        for case (let name, let value?) in values {
            do throws(SamplingSettingError) {
                try parameters.set(name, to: value)
            } catch {
                throw ValidationError("--\(error.description)")
            }
        }
        if !drySequenceBreaker.isEmpty { parameters.dryBreakers = drySequenceBreaker }
        for pair in logitBias {
            let parts = pair.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, let id = Int32(parts[0]), id >= 0, let bias = Float(parts[1]), bias.isFinite else {
                throw ValidationError("--logit-bias wants a token id and a number such as 42=-1.5, not \(pair)")
            }
            parameters.logitBias[id] = bias
        }
    }
}

/// Why a sampling parameter cannot have a value.
struct SamplingSettingError: Error, Hashable, CustomStringConvertible {
    var description: String
}

extension SamplingParameters {
    /// Sets a parameter by its name on the command line, as `/set temperature 0.3` does.
    mutating func set(_ name: String, to text: String) throws(SamplingSettingError) {
        switch name {
        case "temperature": temperature = try Self.number(name, text, in: 0...Float.greatestFiniteMagnitude)
        case "top-p": topP = try Self.number(name, text, in: 0...1)
        case "min-p": minP = try Self.number(name, text, in: 0...1)
        case "typical-p": typicalP = try Self.number(name, text, in: 0...1)
        case "repetition-penalty":
            repetitionPenalty = try Self.number(name, text, in: .leastNonzeroMagnitude ... .greatestFiniteMagnitude)
        case "frequency-penalty": frequencyPenalty = try Self.number(name, text, in: -100...100)
        case "presence-penalty": presencePenalty = try Self.number(name, text, in: -100...100)
        case "top-k":
            guard let value = Int(text), value >= 0 else { throw Self.refusal(name, "a whole number from 0", text) }
            topK = value
        case "seed":
            guard let value = UInt64(text) else { throw Self.refusal(name, "a whole number from 0", text) }
            seed = value
        default: try setFurther(name, to: text)
        }
    }

    /// Sets what llama.cpp has beside the usual.
    private mutating func setFurther(_ name: String, to text: String) throws(SamplingSettingError) {
        let positive = 0...Float.greatestFiniteMagnitude
        switch name {
        case "top-n-sigma": topNSigma = try Self.number(name, text, in: positive)
        case "xtc-probability": xtcProbability = try Self.number(name, text, in: 0...1)
        case "xtc-threshold": xtcThreshold = try Self.number(name, text, in: 0...1)
        case "dry-multiplier": dryMultiplier = try Self.number(name, text, in: positive)
        case "dry-base": dryBase = max(1, try Self.number(name, text, in: positive))
        case "dry-allowed-length": dryAllowedLength = try Self.count(name, text)
        case "dry-penalty-last-n": dryWindow = text == "-1" ? nil : try Self.count(name, text)
        case "dynatemp-range": temperatureRange = try Self.number(name, text, in: positive)
        case "dynatemp-exp": temperatureExponent = try Self.number(name, text, in: positive)
        case "adaptive-target": adaptiveTarget = try Self.number(name, text, in: 0...1)
        case "adaptive-decay": adaptiveDecay = min(0.99, try Self.number(name, text, in: 0...1))
        case "min-tokens": minimumTokens = try Self.count(name, text)
        case "mirostat":
            let version = try Self.count(name, text)
            guard version <= 2 else { throw Self.refusal(name, "0, 1 or 2", text) }
            mirostat = Mirostat.Version(rawValue: version).map(Mirostat.init)
        case "mirostat-ent": mirostat?.target = try Self.number(name, text, in: positive)
        case "mirostat-lr": mirostat?.rate = try Self.number(name, text, in: positive)
        case "samplers":
            steps = []
            for part in text.split(separator: ";") {
                guard let step = SamplingStep(name: String(part)) else {
                    throw Self.refusal(name, "steps such as top_k;top_p;temperature", text)
                }
                steps.append(step)
            }
        default: throw SamplingSettingError(description: "\(name) is no setting")
        }
    }

    private static func count(_ name: String, _ text: String) throws(SamplingSettingError) -> Int {
        guard let value = Int(text), value >= 0 else { throw refusal(name, "a whole number from 0", text) }
        return value
    }

    private static func number(
        _ name: String, _ text: String, in range: ClosedRange<Float>
    ) throws(SamplingSettingError) -> Float {
        guard let value = Float(text), range.contains(value) else {
            let bounds =
                range.upperBound > 1000
                ? (range.lowerBound == 0 ? "a number from 0" : "a number above 0")
                : "a number from \(Int(range.lowerBound)) to \(Int(range.upperBound))"
            throw refusal(name, bounds, text)
        }
        return value
    }

    private static func refusal(_ name: String, _ wanted: String, _ text: String) -> SamplingSettingError {
        SamplingSettingError(description: "\(name) wants \(wanted), not \(text)")
    }
}
