package import Vectors

/// A server that keeps collections.
package protocol VectorServer: Sendable {
    /// Opens a collection; nil if there is none of that name.
    func open(_ name: String) async throws -> (any VectorStore)?
    /// Makes a collection.
    ///
    /// - Throws: `VectorError.exists` if there is one.
    func create(_ name: String, settings: CollectionSettings) async throws -> any VectorStore
    /// Removes a collection; returns whether there was one.
    @discardableResult func remove(_ name: String) async throws -> Bool
}

extension StoreAddress {
    /// The server.
    package func server() throws -> any VectorServer {
        switch kind {
        case .postgres: try PostgresServer(self)
        case .qdrant: try QdrantServer(self)
        case .chroma: try ChromaServer(self)
        }
    }

    /// An address for messages of another collection of the same server.
    func text(for name: String) -> String {
        let text = description
        return text.prefix(text.count - collection.count) + name
    }
}
