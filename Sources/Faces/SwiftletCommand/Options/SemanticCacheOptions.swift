import ArgumentParser
import Retrieval

/// Where a server keeps answers to chats, and which questions may share one.
struct SemanticCacheOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A folder where answers to chats are kept, and given again to the same question or one that says the same.",
            discussion: "Questions are compared with the store's default sentence encoder.", valueName: "folder"))
    var semanticCache: String?
    @Option(help: ArgumentHelp("The least cosine of two questions that may share an answer.", valueName: "cosine"))
    var semanticThreshold = CacheOptions().threshold
    @Option(help: ArgumentHelp("How long a kept answer counts; otherwise for ever.", valueName: "seconds"))
    var semanticLifetime: Double?

    func validate() throws {
        guard (0...1).contains(semanticThreshold) else {
            throw ValidationError("--semantic-threshold wants a number from 0 to 1, not \(semanticThreshold)")
        }
        if let semanticLifetime, !(semanticLifetime > 0) {
            throw ValidationError("--semantic-lifetime wants a number above 0, not \(semanticLifetime)")
        }
    }

    /// The cache; nil if there is to be none.
    func open() throws -> SemanticCache? {
        guard let semanticCache else { return nil }
        var options = CacheOptions()
        (options.threshold, options.lifetime) = (semanticThreshold, semanticLifetime)
        let encoder = try DocumentModels.encoder(try DocumentModels.defaultEncoder(), threads: nil)
        return try SemanticCache(folder: semanticCache, encoder: encoder, options: options)
    }
}
