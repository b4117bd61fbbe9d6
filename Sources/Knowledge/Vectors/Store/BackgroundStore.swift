import Dispatch

/// An embedded collection whose work keeps none of the threads that tasks share.
package struct BackgroundStore: VectorStore {
    package let collection: VectorCollection

    package init(_ collection: VectorCollection) { self.collection = collection }

    package var path: String { collection.path }
    package var settings: CollectionSettings { collection.settings }
    package func upsert(_ records: [VectorRecord]) async throws {
        try await Blocking.run { [collection] in try collection.upsert(records) }
    }
    package func delete(ids: [String]) async throws -> Int {
        try await Blocking.run { [collection] in try collection.delete(ids: ids) }
    }
    package func delete(where filter: MetadataFilter) async throws -> Int {
        try await Blocking.run { [collection] in try collection.delete(where: filter) }
    }
    package func records(ids: [String]) async throws -> [VectorRecord] {
        try await Blocking.run { [collection] in try collection.records(ids: ids) }
    }
    package func search(_ query: VectorQuery) async throws -> [SearchHit] {
        try await Blocking.run { [collection] in try collection.search(query) }
    }
    package func count(where filter: MetadataFilter?) async throws -> Int {
        try await Blocking.run { [collection] in try collection.count(where: filter) }
    }
    package func page(after cursor: String?, count: Int) async throws -> RecordPage {
        try await Blocking.run { [collection] in try collection.page(after: cursor, count: count) }
    }
    package func checkpoint() async throws { try await Blocking.run { [collection] in try collection.checkpoint() } }
    package func close() async throws { try await Blocking.run { [collection] in try collection.close() } }
}

/// Work that takes long, away from the threads that tasks share.
package enum Blocking {
    package static func run<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(with: Result(catching: work)) }
        }
    }
}
