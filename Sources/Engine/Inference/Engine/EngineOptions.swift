import Tensors

/// How an engine uses the machine.
public struct EngineOptions: Sendable, Hashable {
    /// The most positions a text may take; nil for what the model was trained for.
    public var contextLength: Int?
    /// The most rows of a batch: long prompts are read in pieces of this many tokens, since the memory for activations
    /// grows with them and the speed hardly does.
    public var batchTokens = FastOperations.tokenBlock
    /// The most texts that are worked on at once; others wait.
    public var concurrentRequests = 32
    /// How many more may be worked on if they are soon done, so that they need not wait for long ones to end.
    public var expressRequests = 4
    /// How many seconds a request may wait; then it is refused with `EngineError.waited`.
    public var waitingSeconds = 600.0
    /// How many tokens to guess ahead from what the text says already; 0 for none.
    public var lookupTokens = 0
    /// How many tokens a draft model guesses ahead at most, up to ``mostDraftTokens``; fewer where that is quicker.
    public var draftTokens = EngineOptions.mostDraftTokens
    /// Whether fewer tokens are guessed where that is quicker.
    public var adaptsDraftTokens = true
    /// The draft model guesses for as long as its likeliest token has at least this probability.
    public var draftConfidence: Float = 0.3
    /// The most tokens that are guessed at a time: the steps that compute more are rounded otherwise.
    public static let mostDraftTokens = PromptLookup.mostRows - 1
    /// The most requests that wait; more are refused with `EngineError.busy`.
    public var queuedRequests = 512
    /// The bytes that keys and values of all texts may take, what is kept of earlier ones included; nil for half of the
    /// memory that is free when the engine starts.
    public var cacheMemory: Int?
    /// Pages of 32 positions kept for texts that begin like earlier ones; nil for as many as the longest text takes, at
    /// most half of the memory for keys and values. They are given up when a text needs the memory.
    public var prefixPages: Int?
    /// Whether texts of different clients share no beginnings: by its time to the first token one could tell what another has asked.
    public var isolatesClients = false
    /// How much longer than a plain step, in seconds, running texts may wait for a piece of another text's prompt.
    public var promptDelay = 0.05
    /// How many events of an answer may be unread before it rests.
    public var unreadEvents = 1024
    /// How many seconds an answer rests before it ends with `EngineError.unread`.
    public var unreadSeconds = 60.0

    public init() {}

    /// The same options where every text that is worked on fits a batch, and there is room for one.
    var sane: EngineOptions {
        var options = self
        options.concurrentRequests = max(1, concurrentRequests)
        options.expressRequests = max(0, expressRequests)
        options.batchTokens = max(batchTokens, options.concurrentRequests + options.expressRequests)
        options.queuedRequests = max(1, queuedRequests)
        options.unreadEvents = max(1, unreadEvents)
        return options
    }
}
