public import Documents
import Files
public import Vectors

/// The collections of documents on this machine: a folder of folders.
public struct CollectionFolder: Sendable, Hashable {
    /// The folder.
    public let path: String

    /// The collections in a folder, which need not exist yet.
    public init(path: String) { self.path = path }

    /// The names of the collections, sorted.
    public func names() throws -> [String] {
        guard FileSystem.isFolder(path) else { return [] }
        return try FileSystem.names(in: path).filter {
            Self.isName($0) && FileSystem.exists("\(path)/\($0)/collection.sqlite")
        }
    }

    /// Whether there is a collection of that name.
    public func contains(_ name: String) -> Bool {
        Self.isName(name) && FileSystem.exists("\(path)/\(name)/collection.sqlite")
    }

    /// Opens a collection.
    ///
    /// - Throws: `RetrievalError`, or `VectorError` if another process writes to it or it is damaged.
    public func open(_ name: String, access: VectorCollection.Access = .reading) throws -> DocumentCollection {
        guard Self.isName(name) else { throw RetrievalError.invalidName(name) }
        guard contains(name) else { throw RetrievalError.unknown(name, available: try names()) }
        return try DocumentCollection(name: name, folder: "\(path)/\(name)", access: access)
    }

    /// Makes a collection for the vectors of an encoder.
    public func create(_ name: String, encoder: PassageEncoder, splitting: SplittingOptions? = nil) throws
        -> DocumentCollection
    {
        try create(
            name, settings: CollectionSettings(size: encoder.dimensions, encoder: encoder.name),
            splitting: splitting ?? encoder.usualSplitting)
    }

    /// Makes an empty collection that keeps vectors as another one does.
    public func create(_ name: String, like other: DocumentCollection) throws -> DocumentCollection {
        try create(name, settings: other.vectors.settings, splitting: other.splitting)
    }

    private func create(_ name: String, settings: CollectionSettings, splitting: SplittingOptions) throws
        -> DocumentCollection
    {
        guard Self.isName(name) else { throw RetrievalError.invalidName(name) }
        guard !contains(name) else { throw RetrievalError.exists(name) }
        return try DocumentCollection(
            creating: name, folder: "\(path)/\(name)", settings: settings, splitting: splitting)
    }

    /// Removes a collection; the documents themselves stay where they are.
    public func remove(_ name: String) throws {
        guard contains(name) else { throw RetrievalError.unknown(name, available: try names()) }
        // Whoever writes to it keeps it.
        let collection = try VectorCollection.open(at: "\(path)/\(name)", access: .writing)
        defer { try? collection.close() }
        // Without its database it is no collection any more, so a kill in between leaves only rubbish.
        try FileSystem.remove("\(path)/\(name)/collection.sqlite")
        try FileSystem.remove("\(path)/\(name)")
    }

    /// Whether a text may be the name of a collection.
    public static func isName(_ name: String) -> Bool {
        guard let first = name.utf8.first, isAlphanumeric(first), name.utf8.count <= 100 else { return false }
        return name.utf8.allSatisfy { isAlphanumeric($0) || "-_.".utf8.contains($0) }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}
