/// How an engine uses the machine.
public struct EngineOptions: Sendable, Hashable {
    /// The most positions a text may take; nil for what the model was trained for.
    public var contextLength: Int?
    /// The most rows of a batch: long prompts are read in pieces of this many tokens, since the memory for activations
    /// grows with them and the speed hardly does.
    public var batchTokens = 264
    /// The most texts that are worked on at once; others wait.
    public var concurrentRequests = 32
    /// Pages of 32 positions kept for texts that begin like earlier ones; nil for as many as the longest text takes.
    public var prefixPages: Int?

    /// Makes the defaults.
    public init() {}

    /// The same options where every text that is worked on fits a batch, and there is room for one.
    var sane: EngineOptions {
        var options = self
        options.concurrentRequests = max(1, concurrentRequests)
        options.batchTokens = max(batchTokens, options.concurrentRequests)
        return options
    }
}
