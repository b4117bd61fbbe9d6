public import Constraints
public import Decoding

/// What to generate: a prompt of token ids and how to continue it.
public struct GenerationRequest: Sendable {
    /// The prompt's token ids; at least one.
    public var prompt: [Int32]
    /// How tokens are chosen.
    public var sampling: SamplingParameters
    /// The most tokens to generate; nil generates until the model ends or the context is full. 0 only reads the prompt.
    public var maximumTokens: Int?
    /// Texts that end the answer; they are not part of it.
    public var stopStrings: [String]
    /// Whether the model's end-of-generation tokens are generated like any other.
    public var ignoresEndOfGeneration: Bool
    /// How many most likely alternatives to report with each token, 0 for the token's own only; nil for no report.
    public var logProbabilities: Int?
    /// Whether the prompt's own tokens are reported too (`echo` with `logprobs`).
    public var scoresPrompt: Bool
    /// The first token of the prompt whose score is reported.
    var firstScored = 0
    /// What the answer must look like; nil for no bounds. Made by `LanguageModel.constraint(for:)`. A limit on tokens may still
    /// cut the answer, unless it ``closesOnLimit``; a stop string ends it only where it is complete.
    public var constraint: Constraint?
    /// Whether an answer with a constraint that meets its limit is completed: as little text as the constraint allows comes
    /// behind its last token, as `Completion.trailingText`. The reason of its end is still the limit.
    public var closesOnLimit = false
    /// Tokens of the prompt that count less or more. Such a text neither takes up nor leaves what others that begin alike have
    /// computed, and nothing of its prompt is left out: ``overflow`` is an error.
    public var attention: [AttentionControl] = []
    /// Whether the prompt's end is healed: its last tokens are taken back as far as the text could be cut into longer ones, and
    /// the answer, which is free to do so, says them again. They are no part of its text.
    public var healsPrompt = false
    /// What the answer says again of the prompt.
    var healing: HealedPrefix?
    /// The adapters that change the model for this text; nil for the engine's default ones.
    public var adapters: [AdapterUse]?
    /// Who asks: clients take turns where not all that wait can be worked on.
    public var client: String?
    /// When the answer is of no use any more: it ends with `EngineError.late` then.
    public var deadline: ContinuousClock.Instant?
    /// What happens where prompt and answer do not fit the context.
    public var overflow = ContextOverflow.error
    /// Texts such as `[TOOL_CALLS]`: the special tokens that they are made of are part of the answer's text, which otherwise
    /// has none.
    public var visibleMarks: [String] = []
    /// What the answer to a source text begins with, where the model has an encoder for it; nil for what the model says, as
    /// ``LanguageModel/answerStart``.
    public var answerStart: [Int32]?

    /// The most tokens that are guessed ahead at a time, by whatever means; nil for as many as the engine's options say.
    public var draftTokens: Int?
    /// How probable a draft model's likeliest token must be; nil for what the engine's options say.
    public var draftConfidence: Float?

    /// Makes a request with no limits but the context's.
    public init(
        prompt: [Int32], sampling: SamplingParameters = SamplingParameters(), maximumTokens: Int? = nil,
        stopStrings: [String] = [], ignoresEndOfGeneration: Bool = false, logProbabilities: Int? = nil,
        scoresPrompt: Bool = false, constraint: Constraint? = nil
    ) {
        self.prompt = prompt
        self.sampling = sampling
        self.maximumTokens = maximumTokens
        self.stopStrings = stopStrings
        self.ignoresEndOfGeneration = ignoresEndOfGeneration
        self.logProbabilities = logProbabilities
        self.scoresPrompt = scoresPrompt
        self.constraint = constraint
    }
}
