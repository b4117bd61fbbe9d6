/// How the next token is chosen from the model's logits.
///
/// Biases come first, then ``steps`` in their order; a step at its neutral value does nothing. With `temperature` 0 (and no
/// range of it) the most likely token is taken after the biases and penalties, and no random number is drawn.
public struct SamplingParameters: Sendable, Hashable, Codable {
    /// Added to the logits of single tokens, by token id.
    public var logitBias: [Int32: Float] = [:]
    /// The order of what follows; what is not in it is not done.
    public var steps: [SamplingStep] = SamplingStep.standard
    /// Divides positive and multiplies negative logits of recent tokens; 1 is neutral (Keskar et al. 2019).
    public var repetitionPenalty: Float = 1
    /// Subtracted from a token's logit for each time it stands in the recent text; 0 is neutral.
    public var frequencyPenalty: Float = 0
    /// Subtracted once from the logit of every token that stands in the recent text; 0 is neutral.
    public var presencePenalty: Float = 0
    /// How many of the last tokens count as recent for the three penalties; nil counts the whole text.
    public var penaltyWindow: Int? = 64
    /// DRY: `dryMultiplier * dryBase ^ (length - dryAllowedLength)` is subtracted from the logit of a token that would continue a
    /// repetition of `length` tokens; 0 is neutral.
    public var dryMultiplier: Float = 0
    /// The base of DRY's penalty; at least 1.
    public var dryBase: Float = 1.75
    /// The longest repetition that DRY does not penalize.
    public var dryAllowedLength: Int = 2
    /// How many of the last tokens DRY looks at; nil for the whole text.
    public var dryWindow: Int? = 64
    /// Texts across which DRY sees no repetition: tokens that hold one of them.
    public var dryBreakers: [String] = ["\n", ":", "\"", "*"]
    /// Keeps logits within so many standard deviations of the largest one; 0 keeps all.
    public var topNSigma: Float = 0
    /// Keeps only the `topK` most likely tokens; 0 keeps all.
    public var topK: Int = 40
    /// Locally typical sampling: keeps the tokens nearest to the expected information up to this mass; 1 is neutral.
    public var typicalP: Float = 1
    /// Nucleus sampling: keeps the fewest most likely tokens whose probabilities reach this mass; 1 is neutral.
    public var topP: Float = 0.95
    /// Drops tokens less likely than this share of the most likely token's probability; 0 is neutral.
    public var minP: Float = 0.05
    /// How often XTC drops all but the least likely of the tokens that reach `xtcThreshold`; 0 is neutral.
    public var xtcProbability: Float = 0
    /// The probability from which on XTC drops tokens; above 0.5 it does nothing.
    public var xtcThreshold: Float = 0.1
    /// Divides the logits; 0 is greedy.
    public var temperature: Float = 0.8
    /// How far the temperature may be from `temperature`: lower where the model is certain, higher where it is not; 0 is neutral.
    public var temperatureRange: Float = 0
    /// The power of the share of the largest entropy that places the temperature in its range.
    public var temperatureExponent: Float = 1
    /// Keeps the surprise of the text near a target, in place of the steps but for the temperature; nil is off.
    public var mirostat: Mirostat?
    /// Draws tokens with a probability near this, after all steps; nil is off.
    public var adaptiveTarget: Float?
    /// How much of what was drawn before counts for the next target, below 1.
    public var adaptiveDecay: Float = 0.9
    /// An answer does not end before it has so many tokens.
    public var minimumTokens: Int = 0
    /// The same seed, model and request give the same text; nil draws a fresh seed.
    public var seed: UInt64?

    /// Makes llama.cpp's defaults: temperature 0.8, top-k 40, top-p 0.95, min-p 0.05.
    public init() {}

    /// Always the most likely token.
    public static var greedy: SamplingParameters {
        var parameters = SamplingParameters()
        parameters.temperature = 0
        return parameters
    }
}

/// Sampling that keeps the surprise of the text near a target (Basu et al. 2021).
public struct Mirostat: Sendable, Hashable, Codable {
    /// Which of the two algorithms.
    public enum Version: Int, Sendable, Hashable, Codable {
        /// Estimates how many tokens to keep from the exponent of Zipf's law.
        case first = 1
        /// Keeps tokens up to a surprise.
        case second = 2
    }

    /// Which of the two algorithms.
    public var version: Version
    /// The surprise to keep to, in bits (tau).
    public var target: Float = 5
    /// How fast it learns (eta).
    public var rate: Float = 0.1

    /// Makes llama.cpp's defaults: a target of 5 bits, a rate of 0.1.
    public init(_ version: Version = .second) { self.version = version }
}
