/// What a server can load when a request asks for it.
public protocol ModelCatalog: Sendable {
    /// The models that can be loaded, by name.
    func entries() throws -> [CatalogEntry]
    /// Loads the model of that name, which takes as long as it takes; called on a thread that may wait.
    ///
    /// - Parameter reserved: bytes of free memory that the models in memory may still take.
    func load(_ name: String, reserved: Int) throws -> LoadedModel
}

/// A model that can be loaded.
public struct CatalogEntry: Sendable, Hashable {
    /// The name by which requests ask for it.
    public var name: String
    /// When its files were made or pulled, in seconds since 1970.
    public var created: Int
    /// The bytes of its files, which is about what it takes in memory without the texts that it works on.
    public var bytes: Int

    /// What it is for; nil if that is not known before it is loaded.
    public var kind: Kind?

    /// What a model is for, by the name that lists give it.
    public enum Kind: String, Sendable {
        case language, embedding, reranking
    }

    /// Describes a model.
    public init(name: String, created: Int, bytes: Int, kind: Kind? = nil) {
        self.name = name
        self.created = created
        self.bytes = bytes
        self.kind = kind
    }
}

/// A model in memory.
public enum LoadedModel: Sendable {
    /// One that continues texts.
    case language(any ServedModel)
    /// One that embeds texts.
    case embedder(ServedEmbedder)
    /// One that scores pairs of texts.
    case reranker(ServedReranker)

    /// The name by which requests ask for it.
    package var id: String {
        switch self {
        case .language(let model): model.id
        case .embedder(let model): model.id
        case .reranker(let model): model.id
        }
    }

    /// Whether a request that names this is meant for it, or for it with an adapter.
    func answers(to name: String) -> Bool {
        if id == name { return true }
        guard case .language(let model) = self, let holder = model as? any AdapterHolder else { return false }
        return holder.adapters.contains { $0.name == name }
    }

    /// The bytes that it may still take for the texts that it works on.
    package var reserve: Int {
        guard case .language(let model) = self else { return 0 }
        let statistics = model.statistics
        return max(0, statistics.cacheMemory - statistics.cacheBytes)
    }
}

/// Which models a server loads when they are asked for, and for how long it keeps them.
public struct OnDemandOptions: Sendable {
    /// What can be loaded.
    public var catalog: any ModelCatalog
    /// The model of requests that name none; nil for the first of those that are always there.
    public var defaultModel: String?
    /// For how many seconds a model stays after its last request; nil for ever.
    public var keepAlive: Double? = 300
    /// The most models in memory at once that were loaded so.
    public var maximumModels = 3
    /// How many seconds a request waits for others to let go of a model in whose place its own comes.
    public var waitingSeconds = 60.0

    /// Loads what the catalog has.
    public init(catalog: any ModelCatalog) { self.catalog = catalog }
}
