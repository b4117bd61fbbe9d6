/// What the engine reports while it works on a request, in this order: the prompt, each token, the end.
public enum GenerationEvent: Sendable {
    /// The prompt has been read. With `scoresPrompt` it holds one score per prompt token, the first without a value.
    case prompt([TokenScore])
    /// One more token, and the text that has become certain with it.
    case token(GeneratedToken)
    /// The answer is complete; nothing follows.
    case finished(Completion)
}

/// A token and its log-probability in its place.
public struct TokenScore: Sendable, Hashable {
    /// The token.
    public var id: Int32
    /// Its natural log-probability under the model, before sampling parameters; nil for a text's first token.
    public var logProbability: Float?
    /// The most likely tokens in its place, best first.
    public var alternatives: [Alternative]
    /// How many tokens were at least as likely, itself included.
    public var rank: Int?
    /// How uncertain the model was in its place: the entropy over the vocabulary in nats, 0 for certain.
    public var entropy: Float?

    /// A token that could have stood there.
    public struct Alternative: Sendable, Hashable {
        /// The token.
        public var id: Int32
        /// Its natural log-probability.
        public var logProbability: Float

        public init(id: Int32, logProbability: Float) {
            self.id = id
            self.logProbability = logProbability
        }
    }

    public init(
        id: Int32, logProbability: Float?, alternatives: [Alternative], rank: Int? = nil, entropy: Float? = nil
    ) {
        self.rank = rank
        self.entropy = entropy
        self.id = id
        self.logProbability = logProbability
        self.alternatives = alternatives
    }
}

/// A generated token.
public struct GeneratedToken: Sendable {
    /// The token.
    public var id: Int32
    /// The text that became certain with this token: empty while a character is incomplete or while the text could
    /// still turn out to be the beginning of a stop string, longer when such doubts end.
    public var text: String
    /// The token's log-probability and alternatives, where the request asked for them.
    public var score: TokenScore?
    /// When the engine chose it; whoever reads the stream may be later.
    public var time: ContinuousClock.Instant

    public init(id: Int32, text: String, score: TokenScore?, time: ContinuousClock.Instant = .now) {
        self.id = id
        self.text = text
        self.score = score
        self.time = time
    }
}

/// How an answer ended and what it took.
public struct Completion: Sendable {
    /// Why an answer ended.
    public enum FinishReason: String, Sendable, Codable {
        /// The model ended it, or a stop string was reached.
        case stop
        /// The limit of tokens or the context was reached.
        case length
    }

    /// Why the answer ended.
    public var finishReason: FinishReason
    /// The stop string that ended it; nil if something else did.
    public var stopString: String?
    /// The text that was held back until the end, to be appended to the answer.
    public var trailingText: String
    /// The prompt's length in tokens.
    public var promptTokens: Int
    /// How many of the prompt's tokens were found in the cache and not computed again.
    public var cachedTokens: Int
    /// How many tokens of the prompt and the answer were left out or forgotten to fit the context.
    public var omittedTokens = 0
    /// How many tokens were guessed ahead, and how many of them were right.
    public var draftedTokens = 0, acceptedTokens = 0
    /// The number of generated tokens, an end-of-generation token included.
    public var completionTokens: Int
    /// Seconds spent on the prompt.
    public var promptSeconds: Double
    /// Seconds from the first generated token, which comes with the prompt, to the last.
    public var completionSeconds: Double

    public init(
        finishReason: FinishReason, stopString: String? = nil, trailingText: String, promptTokens: Int,
        cachedTokens: Int, completionTokens: Int,
        promptSeconds: Double, completionSeconds: Double
    ) {
        self.finishReason = finishReason
        self.stopString = stopString
        self.trailingText = trailingText
        self.promptTokens = promptTokens
        self.cachedTokens = cachedTokens
        self.completionTokens = completionTokens
        self.promptSeconds = promptSeconds
        self.completionSeconds = completionSeconds
    }

    /// Prompt tokens computed per second; 0 when none were.
    public var promptPerSecond: Double {
        promptSeconds > 0 ? Double(promptTokens - cachedTokens) / promptSeconds : 0
    }

    /// Generated tokens per second, without the first one, which comes with the prompt; 0 when there are no others.
    public var predictedPerSecond: Double {
        completionSeconds > 0 ? Double(completionTokens - 1) / completionSeconds : 0
    }
}
