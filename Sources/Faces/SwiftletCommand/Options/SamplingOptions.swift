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
            ("seed", seed?.description),
        ]
        for case (let name, let value?) in values {
            do throws(SamplingSettingError) {
                try parameters.set(name, to: value)
            } catch {
                throw ValidationError("--\(error.description)")
            }
        }
        for pair in logitBias {
            let parts = pair.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, let id = Int32(parts[0]), let bias = Float(parts[1]), bias.isFinite else {
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
        default:
            throw SamplingSettingError(description: "\(name) is no setting")
        }
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
