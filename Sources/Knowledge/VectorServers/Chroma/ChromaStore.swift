import JSONValues
import Vectors

/// A collection of a Chroma server. It finds by vectors and metadata; not by words, nor by sparse vectors.
///
/// Chroma has no change of several steps: `upsert` removes the old documents first, since what an update does not mention
/// would stay in their metadata.
struct ChromaStore: VectorStore {
    private static let batch = 256

    let id: String
    let path: String
    let settings: CollectionSettings
    let client: ServerClient

    var findsWords: Bool { false }

    func upsert(_ records: [VectorRecord]) async throws {
        var last: [String: (record: VectorRecord, vector: [Float])] = [:]
        for record in records {
            guard record.sparse == nil else {
                throw VectorError.invalidOption("\(path) keeps no sparse vectors; \(record.id) has one.")
            }
            last[record.id] = (record, try settings.prepared(record.vector, id: record.id))
        }
        let all = last.values.sorted { $0.record.id < $1.record.id }
        _ = try await delete(ids: all.map(\.record.id))
        for part in all.chunks(of: Self.batch) {
            _ = try await client.demand(
                "POST", "/\(id)/upsert",
                [
                    "ids": .array(part.map { .string($0.record.id) }),
                    "embeddings": .array(part.map { JSON(vector: $0.vector) }),
                    "documents": .array(part.map { .string($0.record.text) }),
                    "metadatas": .array(try part.map { try metadata($0.record) }),
                ])
        }
    }

    private func metadata(_ record: VectorRecord) throws -> JSON {
        var members = JSON.Object()
        for (field, value) in record.metadata.sorted(by: { $0.key < $1.key }) {
            guard !field.contains(ChromaMetadata.list) else {
                throw VectorError.invalidOption(
                    "\(path) keeps no field called \(field): \(ChromaMetadata.list) marks lists there.")
            }
            ChromaMetadata.add(value, field, to: &members)
        }
        return members.isEmpty ? .null : .object(members)
    }

    /// Nothing: the server keeps its own index.
    func checkpoint() {}

    /// Nothing: the connection ends with the last store that uses it.
    func close() {}

    func delete(ids: [String]) async throws -> Int {
        var count = 0
        for part in Array(Set(ids)).chunks(of: Self.batch) {
            // What is answered to a deletion counts the ids, not what there was.
            let asked: JSON = ["ids": .array(part.map(JSON.string)), "include": []]
            let there = try await client.demand("POST", "/\(id)/get", asked)["ids"]?.arrayValue ?? []
            if there.isEmpty { continue }
            _ = try await client.demand("POST", "/\(id)/delete", ["ids": .array(there)])
            count += there.count
        }
        return count
    }

    func delete(where filter: MetadataFilter) async throws -> Int {
        guard let condition = try ChromaFilter.condition(filter) else { return 0 }
        return try await client.demand("POST", "/\(id)/delete", .object(condition))["deleted"]?.intValue ?? 0
    }

    func records(ids: [String]) async throws -> [VectorRecord] {
        var found: [String: VectorRecord] = [:]
        for part in Array(Set(ids)).chunks(of: Self.batch) {
            for record in try await get(["ids": .array(part.map(JSON.string))]) { found[record.id] = record }
        }
        return ids.compactMap { found[$0] }
    }

    private func get(_ request: JSON.Object) async throws -> [VectorRecord] {
        var request = request
        request["include"] = ["metadatas", "documents", "embeddings"]
        let answer = try await client.demand("POST", "/\(id)/get", .object(request))
        guard let ids = answer["ids"]?.arrayValue else { throw client.unexpected("ids") }
        return ids.enumerated().map { place, id in
            VectorRecord(
                id: id.stringValue ?? "", vector: answer["embeddings"]?[place]?.vector ?? [],
                text: answer["documents"]?[place]?.stringValue ?? "",
                metadata: ChromaMetadata.read(answer["metadatas"]?[place]))
        }
    }

    func search(_ query: VectorQuery) async throws -> [SearchHit] {
        guard query.count > 0 else { return [] }
        guard query.words == nil, query.sparse == nil, let vector = query.vector else {
            throw VectorError.invalidOption(
                "\(path) finds by vectors alone: Chroma has no search for words (--by dense).")
        }
        var request: JSON.Object = [
            "query_embeddings": [JSON(vector: try settings.prepared(vector, id: "the query"))],
            "n_results": .integer(query.count), "include": ["metadatas", "documents", "distances"],
        ]
        if let filter = query.filter {
            guard let condition = try ChromaFilter.condition(filter) else { return [] }
            request.merge(condition) { $1 }
        }
        let answer = try await client.demand("POST", "/\(id)/query", .object(request))
        guard let ids = answer["ids"]?[0]?.arrayValue else { throw client.unexpected("ids") }
        return ids.enumerated().map { place, id in
            let distance = Float(answer["distances"]?[0]?[place]?.doubleValue ?? .infinity)
            // Of the dot product Chroma has what is missing to 1.
            let compared = settings.metric == .dot ? distance - 1 : distance
            return SearchHit(
                id: id.stringValue ?? "",
                score: settings.metric.similarity(distance: compared, size: settings.size),
                text: answer["documents"]?[0]?[place]?.stringValue ?? "",
                metadata: ChromaMetadata.read(answer["metadatas"]?[0]?[place]))
        }
    }

    func count(where filter: MetadataFilter?) async throws -> Int {
        guard let filter else { return try await client.demand("GET", "/\(id)/count").intValue ?? 0 }
        guard var request = try ChromaFilter.condition(filter) else { return 0 }
        request["include"] = []
        return try await client.demand("POST", "/\(id)/get", .object(request))["ids"]?.arrayValue?.count ?? 0
    }

    func page(after cursor: String?, count: Int) async throws -> RecordPage {
        let start = cursor.flatMap { Int($0) } ?? 0
        let records = try await get(["offset": .integer(start), "limit": .integer(max(count, 1))])
        return RecordPage(records: records, next: records.count < max(count, 1) ? nil : "\(start + records.count)")
    }
}
