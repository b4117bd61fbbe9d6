import Architectures
import Checkpoints
import JSONValues
package import Tensors
import Tokenization

/// A network whose states are pooled into one vector for a text: a folder of sentence-transformers, a plain encoder, or a
/// decoder, whose last token has seen the whole text.
public final class SentenceEncoder: TextEmbedder, ProfiledModel {
    /// How an encoder is loaded.
    public struct LoadingOptions: Sendable, Hashable {
        /// Threads that compute; nil for as many as the machine runs at once.
        public var threads: Int?
        /// How states are pooled, in place of what the model says.
        public var pooling: Pooling.Mode?
        /// Whether weights in f32 are rounded to bf16: half the memory, and twice the speed where the machine has products
        /// of bf16. Cosines with the exact vectors stay above 0.9999.
        public var roundsWeights = false

        public init() {}
    }

    /// The tokens of several texts that are read in one pass.
    public static let passTokens = EncoderNetwork.passTokens

    private let network: EncoderNetwork
    private let modules: SentenceModules

    /// The last component of the path, without its extension.
    public var name: String { network.name }
    /// What is odd about the files without being in the way.
    public var notes: [String] { network.notes }
    /// The length of the vectors.
    public let dimensions: Int
    /// The most tokens of a text, those that the model puts around it included.
    public let tokenLimit: Int
    /// The most tokens of a text.
    public var maximumTokens: Int? { tokenLimit }
    /// How vectors are meant to be compared.
    public var similarity: Similarity { modules.similarity }
    /// The model's prompts by their names.
    public var prompts: [String: String] { modules.prompts }
    /// How states are pooled.
    public var pooling: Pooling { modules.pooling }

    /// Loads a model from a folder or a GGUF file.
    ///
    /// Where no file says how to pool, encoders take the mean, as sentence-transformers does, and decoders the last state.
    ///
    /// - Throws: `CheckpointError`, `ArchitectureError`, `TokenizerError` or `EmbeddingError`, naming file and key.
    public static func load(_ path: String, options: LoadingOptions = LoadingOptions()) throws -> SentenceEncoder {
        try load(path, options: options, weights: nil)
    }

    /// Loads a model as the other one does.
    ///
    /// - Parameter weights: where packed weights are kept from one start to the next.
    package static func load(
        _ path: String, options: LoadingOptions = LoadingOptions(), weights: PackedWeights?
    ) throws -> SentenceEncoder {
        try SentenceEncoder(path, options, weights)
    }

    private init(_ path: String, _ options: LoadingOptions, _ weights: PackedWeights?) throws {
        let folder = ModuleFolder(path)
        let read = ModuleFolder.isFolder(path) ? try SentenceModules(folder) : nil
        var modules = read ?? SentenceModules(plain: folder)
        let checkpoint = try Checkpoint.open(read == nil ? path : modules.network.path)
        let network = try EncoderNetwork(
            checkpoint, threads: options.threads, weights: weights, roundsWeights: options.roundsWeights)
        if read == nil { try modules.guess(checkpoint, network.spec) }
        if let mode = options.pooling { modules.pooling.modes = [mode] }
        tokenLimit = max(min(modules.maximumTokens ?? .max, network.maximumTokens), 1)
        dimensions = try modules.dimensions(width: network.spec.hiddenSize)
        self.network = network
        self.modules = modules
    }

    /// The number of tokens of a text, without those that the model puts around it.
    public func tokenCount(of text: String) -> Int {
        network.tokenizer.encode(modules.lowercases ? text.lowercased() : text, addSpecialTokens: false).count
    }

    /// Embeds all inputs, several in each pass.
    public func embed(_ inputs: [EmbeddingInput], options: EmbeddingOptions) throws -> [Embedding] {
        try check(options)
        let prompt = try promptText(options.prompt, usual: modules.usualPrompt)
        let texts = inputs.map { frame($0, after: prompt) }
        for (index, text) in texts.enumerated() where text.omitted > 0 && !options.truncates {
            throw EmbeddingError.tooLong(text: index, tokens: text.ids.count + text.omitted, limit: tokenLimit)
        }
        let promptTokens = pooling.includesPrompt || prompt.isEmpty ? 0 : countTokens(ofPrompt: prompt)
        var embeddings = [Embedding](repeating: Embedding(vector: [], tokens: 0), count: inputs.count)
        try network.run(texts) { index, rows in
            let pooled = modules.pooling.pool(rows, width: network.spec.hiddenSize, promptTokens: promptTokens)
            var embedding = Embedding(
                vector: modules.finish(pooled, normalizes: options.normalizes), tokens: rows.count)
            embedding.omittedTokens = texts[index].omitted
            embedding.finish(options, isUnit: modules.normalizes)
            embeddings[index] = embedding
        }
        return embeddings
    }

    /// The last states of each text's tokens, `[tokens, hiddenSize]`, and which tokens are none of the text's own. Long texts are cut.
    package func tokenStates(of texts: [String]) throws -> [(states: [[Float]], isSpecial: [Bool])] {
        let framed = texts.map { frame(.text($0), after: "") }
        var results = [(states: [[Float]], isSpecial: [Bool])](repeating: ([], []), count: texts.count)
        try network.run(framed) { index, rows in
            results[index] = (rows.map(Array.init), framed[index].ids.map(network.tokenizer.isSpecial))
        }
        return results
    }

    /// The vectors of the tokens of texts, each of length 1, and how many tokens were left out; without those that the model puts
    /// around texts.
    ///
    /// - Parameter names: Names of prompts, of which the first one that the model has goes before the texts.
    func tokenVectors(of texts: [String], prompts names: [String], truncates: Bool) throws -> [(
        vectors: [[Float]], omittedTokens: Int
    )] {
        let named = names.first { prompts[$0] != nil }
        let prompt = try promptText(named.map { .named($0) } ?? .usual, usual: modules.usualPrompt)
        let framed = texts.map { frame(.text($0), after: prompt) }
        for (index, text) in framed.enumerated() where text.omitted > 0 && !truncates {
            throw EmbeddingError.tooLong(text: index, tokens: text.ids.count + text.omitted, limit: tokenLimit)
        }
        var found = framed.map { (vectors: [[Float]](), omittedTokens: $0.omitted) }
        try network.run(framed) { index, rows in
            for (id, row) in zip(framed[index].ids, rows) where !network.tokenizer.isSpecial(id) {
                var vector = modules.finish(Array(row), normalizes: true)
                Similarity.normalize(&vector)
                found[index].vectors.append(vector)
            }
        }
        return found
    }

    /// Measures the network's matrices.
    package func profileProjections(tokens: [Int], seconds: Double) -> [ProjectionProfile] {
        network.profileProjections(tokens: tokens, seconds: seconds)
    }

    private func frame(_ input: EmbeddingInput, after prompt: String) -> FramedText {
        let side = network.truncationSide
        switch input {
        case .tokens(let tokens):
            let before = prompt.isEmpty ? [] : network.tokenizer.encode(prompt, addSpecialTokens: false)
            return network.tokenizer.frame(tokens: before + tokens, maximumLength: tokenLimit, cutting: side)
        case .text(let text):
            let whole = modules.lowercases ? (prompt + text).lowercased() : prompt + text
            return network.tokenizer.frame(whole, maximumLength: tokenLimit, cutting: side)
        }
    }

    /// The tokens that a prompt takes at the beginning of a text, those before it included.
    private func countTokens(ofPrompt prompt: String) -> Int {
        let framed = frame(.text(prompt), after: "").ids
        let isFollowed = framed.last.map(network.tokenizer.isSpecial) ?? false
        return framed.count - (isFollowed ? 1 : 0)
    }
}

extension SentenceModules {
    /// What a model without modules means: GGUF files may say how to pool, and their vectors have length 1.
    fileprivate mutating func guess(_ checkpoint: Checkpoint, _ spec: NetworkSpec) throws {
        if spec.readsForward { pooling = Pooling(.last) }
        guard case .gguf(let metadata) = checkpoint.metadata else { return }
        steps = [.normalize]
        guard let architecture = try metadata.string("general.architecture"),
            let kind = try metadata.int("\(architecture).pooling_type")
        else { return }
        switch kind {
        case 0, 1: pooling = Pooling(.mean)
        case 2: pooling = Pooling(.first)
        case 3: pooling = Pooling(.last)
        default:
            throw EmbeddingError.model(
                path: checkpoint.path, key: "metadata key \(architecture).pooling_type",
                reason: "\(kind) is no pooling of sentence encoders")
        }
    }
}
