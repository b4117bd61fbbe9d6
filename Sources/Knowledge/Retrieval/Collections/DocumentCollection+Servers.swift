public import Documents
public import VectorServers
import Vectors

extension DocumentCollection {
    /// Opens a collection on a server; nil if there is none of that name.
    public static func open(at address: StoreAddress) async throws -> DocumentCollection? {
        let server = try address.server()
        guard let vectors = try await server.open(address.collection) else { return nil }
        let name = StoredCatalog.name(of: address.collection)
        guard let store = try await server.open(name) else {
            throw RetrievalError.damaged(path: vectors.path, reason: "\(name), which knows its files, is missing")
        }
        let catalog = StoredCatalog(store: store)
        return DocumentCollection(
            name: "\(address)", vectors: vectors, splitting: try await catalog.splitting(), catalog: catalog)
    }

    /// Makes a collection on a server for the vectors of an encoder.
    public static func create(at address: StoreAddress, encoder: PassageEncoder, splitting: SplittingOptions? = nil)
        async throws -> DocumentCollection
    {
        try await create(
            at: address, settings: CollectionSettings(size: encoder.dimensions, encoder: encoder.name),
            splitting: splitting ?? encoder.usualSplitting)
    }

    /// Makes an empty collection on a server that keeps vectors as another one does.
    public static func create(at address: StoreAddress, like other: DocumentCollection) async throws
        -> DocumentCollection
    {
        try await create(at: address, settings: other.vectors.settings, splitting: other.splitting)
    }

    private static func create(at address: StoreAddress, settings: CollectionSettings, splitting: SplittingOptions)
        async throws
        -> DocumentCollection
    {
        _ = try PassageSplitter(splitting, countTokens: { $0.utf8.count })
        let server = try address.server()
        if try await server.open(address.collection) != nil { throw RetrievalError.exists("\(address)") }
        // The catalog first, and anew: what a kill has left of one belongs to nothing.
        let name = StoredCatalog.name(of: address.collection)
        try await server.remove(name)
        let catalog = StoredCatalog(store: try await server.create(name, settings: StoredCatalog.settings))
        try await catalog.set(splitting)
        let vectors = try await server.create(address.collection, settings: settings)
        return DocumentCollection(name: "\(address)", vectors: vectors, splitting: splitting, catalog: catalog)
    }

    /// Removes a collection of a server; returns whether there was one.
    public static func remove(at address: StoreAddress) async throws -> Bool {
        let server = try address.server()
        let wasThere = try await server.remove(address.collection)
        try await server.remove(StoredCatalog.name(of: address.collection))
        return wasThere
    }

    /// Copies another collection, which has its encoder and way of splitting, into this empty one.
    ///
    /// Its files are entered last: an interrupted copy knows of none, so indexing it does all of them anew.
    ///
    /// - Parameter onProgress: Told how many passages have been copied.
    /// - Returns: The number of passages.
    public func copy(from other: DocumentCollection, onProgress: (Int) -> Void = { _ in }) async throws -> Int {
        var (count, cursor): (Int, String?) = (0, nil)
        repeat {
            try Task.checkCancellation()
            let page = try await other.vectors.page(after: cursor, count: 256)
            try await vectors.upsert(page.records)
            count += page.records.count
            onProgress(count)
            cursor = page.next
        } while cursor != nil
        let kept = try await vectors.count(where: nil)
        guard kept == count else {
            throw RetrievalError.damaged(
                path: vectors.path, reason: "\(count) passages were copied, and it has \(kept)")
        }
        try await catalog.add(roots: try await other.catalog.roots())
        try await catalog.enter(try await other.catalog.files())
        try await vectors.checkpoint()
        return count
    }
}
