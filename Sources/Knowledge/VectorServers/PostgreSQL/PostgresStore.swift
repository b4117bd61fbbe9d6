import Files
import JSONValues
import Vectors

/// A collection in a PostgreSQL database with pgvector: a table of documents with a graph over their vectors, and one of the
/// words that they have, from which BM25 is computed as the embedded store does.
struct PostgresStore: VectorStore {
    let name: String
    let path: String
    let settings: CollectionSettings
    let connection: PostgresConnection

    var documents: String { Self.table(name) }
    var words: String { Self.table(name, "words") }

    /// The name of a table as it stands in commands; names of collections have no signs that mean something there.
    static func table(_ name: String, _ part: String? = nil) -> String {
        "swiftlet.\"\(name)\(part.map { ":" + $0 } ?? "")\""
    }

    /// What stands for a word in the table: an index takes no long ones.
    static func key(_ word: String) -> String {
        word.utf8.count <= 200 ? word.storable : "#" + SHA256.digest(of: word.utf8)
    }

    /// pgvector's operator for the metric, and the class of operators of the graph.
    var metric: (sign: String, operators: String)? {
        switch settings.metric {
        case .cosine: ("<=>", "vector_cosine_ops")
        case .l2: ("<->", "vector_l2_ops")
        case .dot: ("<#>", "vector_ip_ops")
        case .jaccard, .hamming: nil
        }
    }

    /// The commands that make its tables.
    func tables() throws(VectorError) -> [String] {
        guard let metric else {
            throw .invalidOption(
                "PostgreSQL's stores compare by cosine, l2 or dot, not by \(settings.metric.rawValue).")
        }
        let (largest, largestIndexed) = (16_000, 2000)
        guard settings.size <= largest else {
            throw .invalidOption("pgvector keeps vectors of up to \(largest) values, not of \(settings.size).")
        }
        var tables = [
            """
            CREATE TABLE \(documents)(
                id text COLLATE "C" PRIMARY KEY, vector vector(\(settings.size)) NOT NULL, text text NOT NULL,
                metadata jsonb NOT NULL, words integer NOT NULL, sparse jsonb)
            """,
            "CREATE INDEX ON \(documents) USING gin (metadata jsonb_path_ops)",
            """
            CREATE TABLE \(words)(
                word text COLLATE "C" NOT NULL, id text COLLATE "C" NOT NULL REFERENCES \(documents) ON DELETE CASCADE,
                count integer NOT NULL, PRIMARY KEY (word, id))
            """,
            "CREATE INDEX ON \(words) (id)",
        ]
        // Longer vectors are all compared.
        if settings.index == .hnsw, settings.size <= largestIndexed {
            let links = min(settings.graph.links, 100)
            let width = min(max(settings.graph.constructionWidth, 2 * links), 1000)
            tables.append(
                "CREATE INDEX ON \(documents) USING hnsw (vector \(metric.operators)) WITH (m = \(links), ef_construction = \(width))"
            )
        }
        return tables
    }

    func upsert(_ records: [VectorRecord]) async throws {
        // Of equal ids the last one counts.
        var last: [String: JSON] = [:]
        for record in records {
            let vector = try settings.prepared(record.vector, id: record.id)
            last[record.id.storable] = Self.row(record, vector)
        }
        // Keeps commands below the length that the server takes.
        let batches = last.values.map { $0 }.chunks(of: 256).map { JSON.array($0).text() }
        try await connection.transaction { session in
            try lock(session)
            for batch in batches { try write(batch, session) }
        }
    }

    private static func row(_ record: VectorRecord, _ vector: [Float]) -> JSON {
        let words = WordSplitter.words(of: record.text)
        var counts: [String: Int] = [:]
        for word in words { counts[key(word), default: 0] += 1 }
        let sparse = record.sparse.map { sparse in
            JSON.object(
                JSON.Object(
                    uniqueKeysWithValues: sparse.entries.sorted { $0.key < $1.key }
                        .map { ("\($0.key)", JSON.number(Double($0.value))) }))
        }
        return [
            "id": .string(record.id.storable), "vector": .string(text(vector)), "text": .string(record.text.storable),
            "metadata": record.metadata.json, "length": .integer(words.count), "sparse": sparse ?? .null,
            "words": .object(
                JSON.Object(
                    uniqueKeysWithValues: counts.sorted { $0.key < $1.key }.map { ($0.key, .integer($0.value)) })),
        ]
    }

    private func write(_ rows: String, _ session: PostgresSession) throws {
        let all = "jsonb_array_elements($1::jsonb) r"
        try remove("id IN (SELECT r ->> 'id' FROM \(all))", [rows], session)
        try session.run(
            """
            INSERT INTO \(documents)
            SELECT r ->> 'id', (r ->> 'vector')::vector, r ->> 'text', r -> 'metadata', (r ->> 'length')::integer,
                nullif(r -> 'sparse', 'null') FROM \(all)
            """, [rows])
        try session.run(
            """
            INSERT INTO \(words)
            SELECT word, r ->> 'id', count::integer FROM \(all), jsonb_each_text(r -> 'words') AS w(word, count)
            """, [rows])
        try session.run(
            """
            UPDATE swiftlet.collections SET documents = collections.documents + added.documents, words = collections.words + added.words
            FROM (SELECT count(*) AS documents, coalesce(sum((r ->> 'length')::bigint), 0) AS words FROM \(all)) added
            WHERE name = $2
            """, [rows, name])
    }

    /// Waits until no other one writes to the collection.
    private func lock(_ session: PostgresSession) throws {
        let rows = try session.run("SELECT 1 FROM swiftlet.collections WHERE name = $1 FOR UPDATE", [name])
        if rows.isEmpty { throw VectorError.missing(path: path) }
    }

    /// Removes documents; returns how many there were.
    @discardableResult private func remove(_ condition: String, _ arguments: [String], _ session: PostgresSession)
        throws
        -> Int
    {
        let gone = try session.run(
            """
            WITH gone AS (DELETE FROM \(documents) document WHERE \(condition) RETURNING words)
            SELECT count(*), coalesce(sum(words), 0) FROM gone
            """, arguments)
        let count = gone.first?[0] ?? "0"
        try session.run(
            "UPDATE swiftlet.collections SET documents = documents - $2::bigint, words = words - $3::bigint WHERE name = $1",
            [name, count, gone.first?[1] ?? "0"])
        return Int(count) ?? 0
    }

    func delete(ids: [String]) async throws -> Int {
        let ids = JSON.array(ids.map { .string($0.storable) }).text()
        return try await connection.transaction { session in
            try lock(session)
            return try remove("id IN (SELECT jsonb_array_elements_text($1::jsonb))", [ids], session)
        }
    }

    func delete(where filter: MetadataFilter) async throws -> Int {
        var arguments = PostgresArguments()
        let condition = try arguments.condition(filter, words: words)
        return try await connection.transaction { [arguments] session in
            try lock(session)
            return try remove(condition, arguments.values, session)
        }
    }

    /// Nothing: the server keeps its own index.
    func checkpoint() {}

    /// Nothing: the connection ends with the last store that uses it.
    func close() {}

    static func text(_ vector: [Float]) -> String { "[" + vector.map { "\($0)" }.joined(separator: ",") + "]" }
}

extension Array {
    /// Its elements in groups of a size, the last one with what is left.
    func chunks(of size: Int) -> [[Element]] {
        stride(from: 0, to: count, by: size).map { Array(self[$0..<Swift.min($0 + size, count)]) }
    }
}
