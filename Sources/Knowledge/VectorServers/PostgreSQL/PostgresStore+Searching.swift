import JSONValues
import Platform
import Vectors

extension PostgresStore {
    func search(_ query: VectorQuery) async throws -> [SearchHit] {
        guard query.count > 0 else { return [] }
        let vector = try query.vector.map { try settings.prepared($0, id: "the query") }
        // Rankings that are fused are longer than the result: what two of them have comes from further down.
        let parts = [vector != nil, query.words != nil, query.sparse != nil].count { $0 }
        let depth = parts > 1 ? max(query.count * 4, 50) : query.count
        return try await connection.transaction(isReading: true) { session in
            var rankings: [[(item: String, score: Float)]] = []
            if let vector { rankings.append(try nearest(vector, depth, query, session)) }
            if let words = query.words { rankings.append(try keywords(words, depth, query.filter, session)) }
            if let sparse = query.sparse { rankings.append(try weighted(sparse, depth, query.filter, session)) }
            let best =
                rankings.count == 1
                ? rankings[0] : RankFusion.fuse(rankings).map { (item: $0.item, score: Float($0.score)) }
            let chosen = best.prefix(query.count)
            let found = try self.records(ids: chosen.map(\.item), withVectors: false, session)
            return chosen.compactMap { id, score in
                found[id].map { SearchHit(id: id, score: score, text: $0.text, metadata: $0.metadata) }
            }
        }
    }

    /// The nearest documents, through the graph, which is followed until enough pass the filter.
    private func nearest(_ vector: [Float], _ count: Int, _ query: VectorQuery, _ session: PostgresSession) throws
        -> [(item: String, score: Float)]
    {
        let sign = metric?.sign ?? "<=>"
        let width = min(max(query.width, count), 1000)
        for setting in ["ef_search = \(width)", "iterative_scan = strict_order", "max_scan_tuples = 2147483647"] {
            try session.run("SET LOCAL hnsw.\(setting)")
        }
        var arguments = PostgresArguments()
        let target = arguments.add(Self.text(vector)) + "::vector"
        let condition = try query.filter.map { try arguments.condition($0, words: words) } ?? "true"
        let rows = try session.run(
            """
            SELECT id, vector \(sign) \(target) FROM \(documents) document WHERE \(condition)
            ORDER BY vector \(sign) \(target) LIMIT \(count)
            """, arguments.values)
        return rows.compactMap { row in
            guard let id = row[0], let distance = row[1].flatMap({ Float($0) }) else { return nil }
            let compared = settings.metric == .l2 ? distance * distance : distance
            return (id, settings.metric.similarity(distance: compared, size: settings.size))
        }
    }

    /// The documents with some of the words and their BM25 scores; a word that is asked for twice counts twice.
    private func keywords(_ text: String, _ count: Int, _ filter: MetadataFilter?, _ session: PostgresSession) throws
        -> [(item: String, score: Float)]
    {
        var times: [String: Int] = [:]
        for word in WordSplitter.words(of: text) { times[Self.key(word), default: 0] += 1 }
        guard !times.isEmpty else { return [] }
        var arguments = PostgresArguments()
        let asked = arguments.add(
            JSON.object(JSON.Object(uniqueKeysWithValues: times.map { ($0.key, .integer($0.value)) })).text())
        let name = arguments.add(name)
        let condition = try filter.map { try arguments.condition($0, words: words) } ?? "true"
        let bm25 = BM25()
        let rows = try session.run(
            """
            WITH asked AS (
                SELECT word, times::integer, (SELECT count(*) FROM \(words) w WHERE w.word = q.word)::float8 AS holders
                FROM jsonb_each_text(\(asked)::jsonb) q(word, times)),
            totals AS (
                SELECT documents::float8 AS texts, greatest(words::float8 / greatest(documents, 1), 1e-9) AS average
                FROM swiftlet.collections WHERE name = \(name))
            SELECT document.id, sum(times * ln(1 + (texts - holders + 0.5) / (holders + 0.5)) * count
                / (count + \(bm25.k1) * (1 - \(bm25.b) + \(bm25.b) * document.words / average)))::real AS score
            FROM asked CROSS JOIN totals JOIN \(words) entry USING (word) JOIN \(documents) document ON document.id = entry.id
            WHERE \(condition) GROUP BY document.id ORDER BY score DESC, document.id LIMIT \(count)
            """, arguments.values)
        return rows.compactMap(Self.ranked)
    }

    /// The documents that share a dimension with a sparse vector, by their dot products.
    private func weighted(_ sparse: SparseVector, _ count: Int, _ filter: MetadataFilter?, _ session: PostgresSession)
        throws -> [(item: String, score: Float)]
    {
        var arguments = PostgresArguments()
        let entries = sparse.entries.sorted { $0.key < $1.key }.map { ("\($0.key)", JSON.number(Double($0.value))) }
        let asked = arguments.add(JSON.object(JSON.Object(uniqueKeysWithValues: entries)).text())
        let condition = try filter.map { try arguments.condition($0, words: words) } ?? "true"
        let rows = try session.run(
            """
            SELECT document.id, sum(weight::float8 * (sparse ->> dimension)::float8)::real AS score
            FROM \(documents) document, jsonb_each_text(\(asked)::jsonb) q(dimension, weight)
            WHERE sparse ? dimension AND \(condition)
            GROUP BY document.id ORDER BY score DESC, document.id LIMIT \(count)
            """, arguments.values)
        return rows.compactMap(Self.ranked)
    }

    private static func ranked(_ row: [String?]) -> (item: String, score: Float)? {
        guard let id = row[0], let score = row[1].flatMap({ Float($0) }) else { return nil }
        return (id, score)
    }

    func records(ids: [String]) async throws -> [VectorRecord] {
        try await connection.transaction(isReading: true) { session in
            let found = try self.records(ids: ids.map(\.storable), withVectors: true, session)
            return ids.compactMap { found[$0.storable] }
        }
    }

    private func records(ids: [String], withVectors: Bool, _ session: PostgresSession) throws -> [String: VectorRecord]
    {
        let list = JSON.array(ids.map(JSON.string)).text()
        let rows = try session.run(
            "SELECT \(columns(withVectors)) FROM \(documents) WHERE id IN (SELECT jsonb_array_elements_text($1::jsonb))",
            [list])
        return try Dictionary(rows.map { try record($0) }.map { ($0.id, $0) }) { first, _ in first }
    }

    func page(after cursor: String?, count: Int) async throws -> RecordPage {
        try await connection.transaction(isReading: true) { session in
            let rows = try session.run(
                "SELECT \(columns(true)) FROM \(documents) WHERE id > $1 ORDER BY id LIMIT \(max(count, 1))",
                [cursor ?? ""])
            let records = try rows.map { try record($0) }
            return RecordPage(records: records, next: records.count < max(count, 1) ? nil : records.last?.id)
        }
    }

    func count(where filter: MetadataFilter?) async throws -> Int {
        var arguments = PostgresArguments()
        let condition = try filter.map { try arguments.condition($0, words: words) }
        let table = "\(documents) document WHERE \(condition ?? "true")"
        return try await connection.transaction(isReading: true) { [arguments] session in
            let rows = try session.run("SELECT count(*) FROM \(table)", arguments.values)
            return rows.first?[0].flatMap { Int($0) } ?? 0
        }
    }

    private func columns(_ withVectors: Bool) -> String {
        "id, text, metadata, sparse, " + (withVectors ? "vector" : "NULL")
    }

    private func record(_ row: [String?]) throws -> VectorRecord {
        func json(_ text: String?) throws -> JSON { try text.map { try JSON(parsing: $0, source: path) } ?? .null }
        let vector = (row[4] ?? "").dropFirst().dropLast().split(separator: ",").compactMap { Float($0) }
        let weights = try json(row[3]).objectValue?.compactMap { key, value in
            UInt32(key).flatMap { key in value.doubleValue.map { (key, Float($0)) } }
        }
        return VectorRecord(
            id: row[0] ?? "", vector: vector, text: row[1] ?? "", metadata: [String: MetadataValue](try json(row[2])),
            sparse: weights.map { SparseVector(Dictionary($0) { first, _ in first }) })
    }
}
