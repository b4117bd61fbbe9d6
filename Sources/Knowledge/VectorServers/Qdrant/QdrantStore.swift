import Files
import JSONValues
import Vectors

/// A collection of a Qdrant server: a dense vector, one of the words with their BM25 weights, of which the server knows how
/// rare they are, and what the record has of sparse ones.
struct QdrantStore: VectorStore {
    private static let batch = 128

    let name: String
    let path: String
    let settings: CollectionSettings
    let client: ServerClient

    /// The name of a point, which must be a UUID, for an id, which may be any text.
    static func point(_ id: String) -> String {
        let digits = Array(SHA256.digest(of: id.utf8).prefix(32))
        let ends = [8, 12, 16, 20, 32]
        return zip([0] + ends, ends).map { String(digits[$0..<$1]) }.joined(separator: "-")
    }

    private func call(_ method: String, _ what: String, _ body: JSON) async throws -> JSON {
        let answer = try await client.demand(method, "/\(name)/points\(what)", body)
        guard let result = answer["result"] else { throw client.unexpected("result") }
        return result
    }

    func upsert(_ records: [VectorRecord]) async throws {
        var points: [String: JSON] = [:]
        for record in records {
            let vector = try settings.prepared(record.vector, id: record.id)
            points[record.id] = Self.point(record, vector)
        }
        for part in points.values.map({ $0 }).chunks(of: Self.batch) {
            _ = try await call("PUT", "?wait=true", ["points": .array(part)])
        }
    }

    /// Nothing: the server keeps its own index.
    func checkpoint() {}

    /// Nothing: the connection ends with the last store that uses it.
    func close() {}

    private static func point(_ record: VectorRecord, _ vector: [Float]) -> JSON {
        let words = WordSplitter.words(of: record.text)
        var vectors: JSON.Object = ["dense": JSON(vector: vector)]
        if !words.isEmpty { vectors["words"] = json(weights(ofText: words)) }
        if let sparse = record.sparse, !sparse.entries.isEmpty { vectors["sparse"] = json(sparse.entries) }
        return [
            "id": .string(point(record.id)), "vector": .object(vectors),
            "payload": [
                "id": .string(record.id), "text": .string(record.text), "metadata": record.metadata.json,
                "words": .array(Set(words).sorted().map(JSON.string)),
            ],
        ]
    }

    /// The words of a text as BM25 weighs them, all but how rare they are; the server does not know how long texts are on
    /// average, so it is 200 words: about what a passage has.
    private static func weights(ofText words: [String]) -> [UInt32: Float] {
        let (bm25, average) = (BM25(), 200.0)
        let length = bm25.k1 * (1 - bm25.b + bm25.b * Double(words.count) / average)
        return counts(words).mapValues { $0 / ($0 + Float(length)) }
    }

    static func counts(_ words: [String]) -> [UInt32: Float] {
        var counts: [UInt32: Float] = [:]
        for word in words {
            let hash = word.utf8.reduce(UInt32(2_166_136_261)) { ($0 ^ UInt32($1)) &* 16_777_619 }
            counts[hash, default: 0] += 1
        }
        return counts
    }

    private static func json(_ entries: [UInt32: Float]) -> JSON {
        let sorted = entries.sorted { $0.key < $1.key }
        return [
            "indices": .array(sorted.map { .integer(Int($0.key)) }),
            "values": .array(sorted.map { .number(Double($0.value)) }),
        ]
    }

    func delete(ids: [String]) async throws -> Int {
        var count = 0
        for part in Array(Set(ids)).chunks(of: Self.batch) {
            let points = JSON.array(part.map { .string(Self.point($0)) })
            count += try await delete(["filter": ["must": [["has_id": points]]]])
        }
        return count
    }

    func delete(where filter: MetadataFilter) async throws -> Int {
        try await delete(["filter": try QdrantFilter.condition(filter)])
    }

    private func delete(_ selection: JSON.Object) async throws -> Int {
        var counting = selection
        counting["exact"] = true
        let count = try await call("POST", "/count", .object(counting))["count"]?.intValue ?? 0
        if count > 0 { _ = try await call("POST", "/delete?wait=true", .object(selection)) }
        return count
    }

    func records(ids: [String]) async throws -> [VectorRecord] {
        var found: [String: VectorRecord] = [:]
        for part in Array(Set(ids)).chunks(of: Self.batch) {
            let points = JSON.array(part.map { .string(Self.point($0)) })
            let answer = try await call(
                "POST", "", ["ids": points, "with_payload": true, "with_vector": ["dense", "sparse"]])
            for record in (answer.arrayValue ?? []).map(Self.record) { found[record.id] = record }
        }
        return ids.compactMap { found[$0] }
    }

    private static func record(_ point: JSON) -> VectorRecord {
        let (payload, sparse) = (point["payload"], point["vector"]?["sparse"])
        let indices = (sparse?["indices"]?.arrayValue ?? []).compactMap { $0.intValue.flatMap(UInt32.init(exactly:)) }
        let entries = Dictionary(zip(indices, sparse?["values"]?.vector ?? [])) { first, _ in first }
        return VectorRecord(
            id: payload?["id"]?.stringValue ?? "", vector: point["vector"]?["dense"]?.vector ?? [],
            text: payload?["text"]?.stringValue ?? "",
            metadata: [String: MetadataValue](payload?["metadata"] ?? .null),
            sparse: entries.isEmpty ? nil : SparseVector(entries))
    }

    func search(_ query: VectorQuery) async throws -> [SearchHit] {
        guard query.count > 0 else { return [] }
        let parts = [query.vector != nil, query.words != nil, query.sparse != nil].count { $0 }
        let depth = parts > 1 ? max(query.count * 4, 50) : query.count
        var rankings: [[SearchHit]] = []
        if let vector = query.vector {
            let vector = JSON(vector: try settings.prepared(vector, id: "the query"))
            rankings.append(try await hits(vector, "dense", depth, query))
        }
        if let words = query.words.map(WordSplitter.words), !words.isEmpty {
            rankings.append(try await hits(Self.json(Self.counts(words)), "words", depth, query))
        }
        if let sparse = query.sparse, !sparse.entries.isEmpty {
            rankings.append(try await hits(Self.json(sparse.entries), "sparse", depth, query))
        }
        if rankings.count < 2 { return Array((rankings.first ?? []).prefix(query.count)) }
        let hits = Dictionary(rankings.joined().map { ($0.id, $0) }) { first, _ in first }
        return RankFusion.fuse(rankings.map { $0.map { ($0.id, $0.score) } }).prefix(query.count).compactMap {
            id, score in
            hits[id].map { SearchHit(id: id, score: Float(score), text: $0.text, metadata: $0.metadata) }
        }
    }

    private func hits(_ vector: JSON, _ kind: String, _ count: Int, _ query: VectorQuery) async throws -> [SearchHit] {
        var request: JSON.Object = [
            "query": vector, "using": .string(kind), "limit": .integer(count), "with_payload": true,
        ]
        if kind == "dense" { request["params"] = ["hnsw_ef": .integer(max(query.width, count))] }
        if let filter = query.filter { request["filter"] = try QdrantFilter.condition(filter) }
        guard let points = try await call("POST", "/query", .object(request))["points"]?.arrayValue else {
            throw client.unexpected("points")
        }
        return points.map { point in
            let (score, payload) = (Float(point["score"]?.doubleValue ?? 0), point["payload"])
            return SearchHit(
                id: payload?["id"]?.stringValue ?? "",
                // The other scores are similarities already.
                score: kind == "dense" && settings.metric == .l2
                    ? settings.metric.similarity(distance: score * score, size: settings.size) : score,
                text: payload?["text"]?.stringValue ?? "",
                metadata: [String: MetadataValue](payload?["metadata"] ?? .null))
        }
    }

    func count(where filter: MetadataFilter?) async throws -> Int {
        var request: JSON.Object = ["exact": true]
        if let filter { request["filter"] = try QdrantFilter.condition(filter) }
        return try await call("POST", "/count", .object(request))["count"]?.intValue ?? 0
    }

    func page(after cursor: String?, count: Int) async throws -> RecordPage {
        var request: JSON.Object = [
            "limit": .integer(max(count, 1)), "with_payload": true, "with_vector": ["dense", "sparse"],
        ]
        if let cursor { request["offset"] = .string(cursor) }
        let answer = try await call("POST", "/scroll", .object(request))
        return RecordPage(
            records: (answer["points"]?.arrayValue ?? []).map(Self.record),
            next: answer["next_page_offset"]?.stringValue)
    }
}

/// Filters in Qdrant's language.
enum QdrantFilter {
    static func condition(_ filter: MetadataFilter) throws(VectorError) -> JSON {
        switch filter {
        case .equals(let field, let value): return ["must": [try equal(field, value)]]
        case .oneOf(let field, let values):
            let texts = values.compactMap { value -> JSON? in
                if case .text(let text) = value { .string(text) } else { nil }
            }
            if !texts.isEmpty, texts.count == values.count {
                return ["must": [["key": .string(key(field)), "match": ["any": .array(texts)]]]]
            }
            var conditions: [JSON] = []
            for value in values { conditions.append(try equal(field, value)) }
            return any(conditions)
        case .range(let field, let from, let through):
            var bounds = JSON.Object()
            for (bound, sign) in [(from, "gte"), (through, "lte")] {
                guard let bound else { continue }
                guard case .number(let number) = bound else { throw cannot("ranges of texts") }
                bounds[sign] = .number(number)
            }
            if bounds.isEmpty { throw .invalidFilter("the range of \(field) has no bound") }
            return ["must": [["key": .string(key(field)), "range": .object(bounds)]]]
        case .contains: throw cannot("parts of texts")
        case .exists(let field): return ["must_not": [["is_empty": ["key": .string(key(field))]]]]
        case .words(let text):
            let words = Set(WordSplitter.words(of: text)).sorted()
            return ["must": .array(words.map { ["key": "words", "match": ["value": .string($0)]] })]
        case .and(let filters):
            var conditions: [JSON] = []
            for filter in filters { conditions.append(try condition(filter)) }
            return ["must": .array(conditions)]
        case .or(let filters):
            var conditions: [JSON] = []
            for filter in filters { conditions.append(try condition(filter)) }
            return any(conditions)
        case .not(let filter): return ["must_not": [try condition(filter)]]
        }
    }

    private static func cannot(_ what: String) -> VectorError { .invalidFilter("Qdrant cannot look for \(what)") }

    /// One of these holds; none is never the case.
    private static func any(_ conditions: [JSON]) -> JSON {
        conditions.isEmpty ? ["must": [["has_id": []]]] : ["should": .array(conditions)]
    }

    private static func equal(_ field: String, _ value: MetadataValue) throws(VectorError) -> JSON {
        switch value {
        case .list: throw .invalidFilter("\(field) is compared with a list; use one-of")
        case .number(let number):
            return ["key": .string(key(field)), "range": ["gte": .number(number), "lte": .number(number)]]
        case .text, .flag: return ["key": .string(key(field)), "match": ["value": value.json]]
        }
    }

    /// The way to a field in what a point carries.
    private static func key(_ field: String) -> String {
        let isPlain = field.utf8.allSatisfy { ($0 | 0x20) >= 0x61 && ($0 | 0x20) <= 0x7A || $0 == UInt8(ascii: "_") }
        return "metadata." + (isPlain ? field : "\"\(field)\"")
    }
}
