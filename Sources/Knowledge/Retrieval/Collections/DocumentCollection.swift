public import Documents
import Files
public import Vectors

/// Documents that can be searched: their passages with vectors and words, and what is known of their files.
///
/// ```swift
/// import Swiftlet
///
/// let encoder = PassageEncoder(try SentenceEncoder.load("all-MiniLM-L6-v2"))
/// let notes = try CollectionFolder(path: "collections").create("notes", encoder: encoder)
/// try await Indexer(collection: notes, encoder: encoder).index(["Documents/notes"])
/// for passage in try await notes.search(RetrievalQuery("When is the rent due?"), encoder: encoder) {
///     print(passage.path, passage.location, passage.text)
/// }
/// ```
public final class DocumentCollection: Sendable {
    public let name: String
    /// The passages.
    public let vectors: any VectorStore
    /// How its documents are split.
    public let splitting: SplittingOptions
    let catalog: any Catalog

    /// The name of the encoder that made its vectors.
    public var encoder: String { vectors.settings.encoder ?? "" }

    init(name: String, vectors: any VectorStore, splitting: SplittingOptions, catalog: any Catalog) {
        (self.name, self.vectors, self.splitting, self.catalog) = (name, vectors, splitting, catalog)
    }

    convenience init(name: String, folder: String, access: VectorCollection.Access) throws {
        let vectors = try VectorCollection.open(at: folder, access: access)
        let catalog = try DatabaseCatalog(path: folder + "/catalog.sqlite", isReadOnly: access == .reading)
        self.init(
            name: name, vectors: BackgroundStore(vectors), splitting: try catalog.splitting(), catalog: catalog)
    }

    convenience init(creating name: String, folder: String, settings: CollectionSettings, splitting: SplittingOptions)
        throws
    {
        // Refused before anything is made.
        _ = try PassageSplitter(splitting, countTokens: { $0.utf8.count })
        try FileSystem.createFolder(folder)
        // Two that make it at once would take each other's catalog away.
        guard let lock = try FileLock(path: folder + "/making.lock") else { throw VectorError.locked(path: folder) }
        defer { withExtendedLifetime(lock) {} }
        guard !FileSystem.exists(folder + "/collection.sqlite") else { throw RetrievalError.exists(name) }
        // The catalog first: the vectors' database is what makes the folder a collection.
        try FileSystem.remove(folder + "/catalog.sqlite")
        let catalog = try DatabaseCatalog(path: folder + "/catalog.sqlite", creating: splitting)
        let vectors = try VectorCollection.create(at: folder, settings: settings)
        self.init(name: name, vectors: BackgroundStore(vectors), splitting: splitting, catalog: catalog)
    }

    /// The files that are in it, by their paths.
    public func files() async throws -> [IndexedFile] { try await catalog.files() }

    /// Checks that an encoder makes vectors that can be compared with those that are there.
    func check(_ encoder: PassageEncoder) throws {
        guard encoder.name == self.encoder else {
            throw VectorError.otherEncoder(path: vectors.path, found: self.encoder, expected: encoder.name)
        }
        guard encoder.dimensions == vectors.settings.size else {
            throw RetrievalError.otherDimension(
                collection: name, encoder: encoder.name, found: encoder.dimensions, expected: vectors.settings.size)
        }
    }

    /// The passages of these numbers of a file, as far as there are any.
    public func passages(of path: String, _ numbers: ClosedRange<Int>) async throws -> [RetrievedPassage] {
        try await vectors.records(ids: numbers.prefix(4096).map { Self.id(path, $0) })
            .map { RetrievedPassage(id: $0.id, text: $0.text, metadata: $0.metadata, score: 0) }
    }

    /// Lets go of its files.
    public func close() async throws {
        try await vectors.close()
        try await catalog.close()
    }

    static func id(_ path: String, _ number: Int) -> String { "\(path)#\(number)" }
}
