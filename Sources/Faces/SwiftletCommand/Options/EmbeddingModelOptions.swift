public import ArgumentParser
import Essentials
public import Inference

extension Pooling.Mode: ExpressibleByArgument {}
extension Similarity: ExpressibleByArgument {}

/// How texts become vectors.
struct EmbeddingModelOptions: ParsableArguments {
    @Option(help: "How the states of a text's tokens become one vector, in place of what the model says.")
    var pooling: Pooling.Mode?
    @Flag(inversion: .prefixedNo, help: "Bring vectors to length 1, or not; otherwise as the model says.")
    var normalize: Bool?
    @Flag(
        inversion: .prefixedNo, help: "Cut texts that are longer than the model reads, and say so; or refuse them.")
    var truncate = true
    @Option(help: "The name of one of the model's prompts, such as query, which is put before each text.")
    var prompt: String?
    @Option(help: "Keep only the first dimensions of the vectors.") var dimensions: Int?
    @OptionGroup var threadOptions: ThreadOptions
    @OptionGroup var rounding: WeightRoundingOptions
    @OptionGroup var packedCache: PackedCacheOptions

    /// Threads to compute with; nil for one per core.
    var threads: Int? { threadOptions.threads }

    /// Loads the model that a person named.
    func load(_ model: String) throws -> any TextEmbedder {
        let path = try ModelOptions.path(of: model)
        var options = SentenceEncoder.LoadingOptions()
        (options.threads, options.pooling, options.roundsWeights) = (threads, pooling, rounding.bf16)
        let weights = packedCache.weights(for: path, isRounded: rounding.bf16)
        let embedder = try ModelKind.loadEmbedder(path, options: options, weights: weights)
        Console.note(oddities: embedder.notes)
        return embedder
    }

    /// Embeds texts and notes what was left out of them.
    func embed(_ texts: [String], with model: any TextEmbedder) throws -> [Embedding] {
        var options = EmbeddingOptions()
        (options.truncates, options.normalizes, options.dimensions) = (truncate, normalize, dimensions)
        if let prompt { options.prompt = .named(prompt) }
        let embeddings = try model.embed(texts.map(EmbeddingInput.text), options: options)
        for (index, embedding) in embeddings.enumerated() {
            if embedding.omittedTokens > 0 {
                Console.note(
                    "text \(index + 1) was cut: \(embedding.omittedTokens) of its "
                        + "\(embedding.tokens + embedding.omittedTokens) tokens do not count, since the model reads "
                        + "\(model.maximumTokens ?? embedding.tokens)")
            }
            if embedding.unknownWords > 0 {
                Console.note(
                    "text \(index + 1): \(embedding.unknownWords) of its "
                        + "\(embedding.tokens + embedding.unknownWords) words are not known")
            }
        }
        return embeddings
    }
}

/// Texts that are given one a line.
enum TextLines {
    /// The lines of a file, or of standard input for `-`; empty ones at the end do not count.
    static func read(_ path: String) throws -> [String] {
        let bytes: [UInt8]
        if path == "-" {
            bytes = try Console.standardInput()
        } else {
            guard let contents = FileManager.default.contents(atPath: path) else {
                throw CommandError("cannot read \(path)")
            }
            bytes = Array(contents)
        }
        return try lines(of: bytes, from: path == "-" ? "standard input" : path)
    }

    /// The lines that are piped or redirected in beside texts that were given.
    static func piped() throws -> [String] { try lines(of: Console.pipedInput(), from: "standard input") }

    /// Refuses lines that are piped in where a command has its texts from elsewhere: they would be lost without a word.
    static func refusePiped(because reason: String) throws {
        guard try piped().isEmpty else {
            throw CommandError("text is piped in, but \(reason); say --among - to compare with it, or </dev/null")
        }
    }

    private static func lines(of bytes: [UInt8], from source: String) throws -> [String] {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw CommandError("\(source) is not UTF-8 text")
        }
        var lines = text.split(separator: /\r\n|\n/, omittingEmptySubsequences: false).map(String.init)
        while lines.last?.isEmpty == true { lines.removeLast() }
        return lines
    }
}
