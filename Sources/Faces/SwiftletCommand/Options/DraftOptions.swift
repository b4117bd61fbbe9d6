import ArgumentParser
import Essentials
import Inference

/// How tokens are guessed ahead.
struct DraftOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A smaller model with the same tokenizer that guesses tokens ahead; answers stay the same.",
            discussion: "Of chance and without a seed their distribution does.", valueName: "model"))
    var draft: String?
    @Option(
        help: ArgumentHelp(
            "The most tokens that the draft model guesses at a time, up to \(EngineOptions.mostDraftTokens); fewer where that is quicker.",
            valueName: "tokens"))
    var draftTokens = EngineOptions.mostDraftTokens
    @Option(
        help: ArgumentHelp(
            "Guess up to so many tokens ahead from what a text says already; answers stay the same.",
            valueName: "tokens"))
    var lookup = 0

    func validate() throws {
        guard (1...EngineOptions.mostDraftTokens).contains(draftTokens) else {
            throw ValidationError(
                "--draft-tokens wants a number from 1 to \(EngineOptions.mostDraftTokens), not \(draftTokens)")
        }
        guard (0...16).contains(lookup) else {
            throw ValidationError("--lookup wants a number from 0 to 16, not \(lookup)")
        }
    }

    /// Sets how many tokens are guessed.
    func apply(to options: inout EngineOptions) { (options.lookupTokens, options.draftTokens) = (lookup, draftTokens) }

    /// Loads the draft model as the model is loaded that it is for; nil without one.
    func load(_ options: ModelOptions) throws -> LanguageModel? {
        guard let draft else { return nil }
        let path = try ModelOptions.path(of: draft)
        var loading = try options.loading()
        // These are the model's own.
        (loading.adapter, loading.chatTemplate, loading.rope) = (nil, nil, nil)
        return try LanguageModel.load(
            path, options: loading, weights: options.packedCache.weights(for: path), onTokenizer: ProcessMemory.trim)
    }
}
