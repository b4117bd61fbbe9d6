/// How the next token is chosen from the model's logits.
///
/// The steps run in the order in which they are listed here; a step at its neutral value does nothing. With
/// `temperature` 0 the most likely token is taken after the biases and penalties, and no random number is drawn.
public struct SamplingParameters: Sendable, Hashable, Codable {
    /// Added to the logits of single tokens, by token id.
    public var logitBias: [Int32: Float] = [:]
    /// Divides positive and multiplies negative logits of recent tokens; 1 is neutral (Keskar et al. 2019).
    public var repetitionPenalty: Float = 1
    /// Subtracted from a token's logit for each time it stands in the recent text; 0 is neutral.
    public var frequencyPenalty: Float = 0
    /// Subtracted once from the logit of every token that stands in the recent text; 0 is neutral.
    public var presencePenalty: Float = 0
    /// How many of the last tokens count as recent for the three penalties; nil counts the whole text.
    public var penaltyWindow: Int? = 64
    /// Keeps only the `topK` most likely tokens; 0 keeps all.
    public var topK: Int = 40
    /// Locally typical sampling: keeps the tokens nearest to the expected information up to this mass; 1 is neutral.
    public var typicalP: Float = 1
    /// Nucleus sampling: keeps the fewest most likely tokens whose probabilities reach this mass; 1 is neutral.
    public var topP: Float = 0.95
    /// Drops tokens less likely than this share of the most likely token's probability; 0 is neutral.
    public var minP: Float = 0.05
    /// Divides the logits; 0 is greedy.
    public var temperature: Float = 0.8
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
