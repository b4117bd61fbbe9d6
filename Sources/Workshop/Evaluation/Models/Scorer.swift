/// What an evaluation needs of a model.
///
/// The engine's models conform in `EngineScoring`; a test puts a table of answers in their place.
public protocol Scorer: Sendable {
    /// The model's name in reports.
    var name: String { get }
    /// How many questions the model works on at once.
    var concurrency: Int { get }
    /// Whether it can say how likely a given text is; otherwise it is only asked to write.
    var givesLikelihoods: Bool { get }
    /// The natural log-probability of a continuation after a context, and whether greedy decoding would write it.
    func logLikelihood(of continuation: String, after context: String) async throws -> Likelihood
    /// The natural log-probability of a whole text, in windows if it is longer than the model reads.
    func rollingLogLikelihood(of text: String) async throws -> Double
    /// What the model writes after a context.
    func generate(after context: String, options: GenerationSettings) async throws -> String
}

extension Scorer {
    /// True unless a model says otherwise.
    public var givesLikelihoods: Bool { true }
}

/// How likely a continuation is.
public struct Likelihood: Sendable, Hashable {
    /// The natural log-probability.
    public var logProbability: Double
    /// Whether each of its tokens is the most likely one.
    public var isGreedy: Bool

    public init(logProbability: Double, isGreedy: Bool) {
        self.logProbability = logProbability
        self.isGreedy = isGreedy
    }
}

/// How an answer is written.
public struct GenerationSettings: Sendable, Hashable {
    /// Texts that end the answer and are not part of it.
    public var stops: [String]
    /// The most tokens of the answer.
    public var maximumTokens: Int
    /// The sampling temperature; 0 takes the most likely token.
    public var temperature: Double
    /// The share of probability that is sampled from.
    public var topP: Double

    /// Makes settings; greedy by default.
    public init(stops: [String] = [], maximumTokens: Int = 256, temperature: Double = 0, topP: Double = 1) {
        self.stops = stops
        self.maximumTokens = maximumTokens
        self.temperature = temperature
        self.topP = topP
    }
}
