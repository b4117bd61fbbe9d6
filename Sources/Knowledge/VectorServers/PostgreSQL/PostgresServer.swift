import JSONValues
import Vectors

/// Collections in a PostgreSQL database with the extension pgvector: tables in the schema `swiftlet`.
struct PostgresServer: VectorServer {
    private static let format = 1

    private let address: StoreAddress
    private let connection: PostgresConnection

    init(_ address: StoreAddress) throws {
        self.address = address
        connection = PostgresConnection(address)
    }

    func open(_ name: String) async throws -> (any VectorStore)? {
        let path = address.text(for: name)
        let row = try await connection.transaction(isReading: true) { session -> [String?]? in
            let isThere = try session.run("SELECT to_regclass('swiftlet.collections')")[0][0] != nil
            guard isThere else { return nil }
            return try session.run("SELECT format, settings FROM swiftlet.collections WHERE name = $1", [name]).first
        }
        guard let row else { return nil }
        guard let found = row[0].flatMap({ Int($0) }), let text = row[1],
            let settings = try? JSON(parsing: text, source: path).decode(CollectionSettings.self)
        else { throw VectorError.server(address: path, reason: "the table swiftlet.collections is not readable") }
        guard found <= Self.format else {
            throw VectorError.newerFormat(path: path, found: found, supported: Self.format)
        }
        return PostgresStore(name: name, path: path, settings: settings, connection: connection)
    }

    func create(_ name: String, settings: CollectionSettings) async throws -> any VectorStore {
        let path = address.text(for: name)
        let store = PostgresStore(name: name, path: path, settings: settings, connection: connection)
        let tables = try store.tables()
        let text = try JSON(encoding: settings).text()
        let isNew = try await connection.transaction { session in
            try Self.prepare(session)
            let added = try session.run(
                "INSERT INTO swiftlet.collections VALUES ($1, \(Self.format), $2, 0, 0) ON CONFLICT DO NOTHING RETURNING name",
                [name, text])
            if added.isEmpty { return false }
            for table in tables { try session.run(table) }
            return true
        }
        guard isNew else { throw VectorError.exists(path: path) }
        return store
    }

    /// Makes the extension and the table of collections, unless they are there.
    private static func prepare(_ session: PostgresSession) throws {
        // Two that make them at once would be in each other's way.
        try session.run("SELECT pg_advisory_xact_lock(5793421)")
        let installed = "SELECT extversion FROM pg_extension WHERE extname = 'vector'"
        if try session.run(installed).isEmpty { try session.run("CREATE EXTENSION vector") }
        let version = try session.run(installed).first?[0] ?? ""
        let numbers = version.split(separator: ".").compactMap { Int($0) }
        // From then on a search goes on until enough documents pass its filter.
        guard let major = numbers.first, major > 0 || numbers.count > 1 && numbers[1] >= 8 else {
            throw PostgresFailure(
                code: "", reason: "pgvector \(version) is too old: ALTER EXTENSION vector UPDATE, to 0.8 at least")
        }
        try session.run("CREATE SCHEMA IF NOT EXISTS swiftlet")
        try session.run(
            """
            CREATE TABLE IF NOT EXISTS swiftlet.collections(
                name text PRIMARY KEY, format integer NOT NULL, settings text NOT NULL, documents bigint NOT NULL,
                words bigint NOT NULL)
            """)
    }

    func remove(_ name: String) async throws -> Bool {
        try await connection.transaction { session in
            guard try session.run("SELECT to_regclass('swiftlet.collections')")[0][0] != nil,
                try !session.run("DELETE FROM swiftlet.collections WHERE name = $1 RETURNING name", [name]).isEmpty
            else { return false }
            try session.run("DROP TABLE IF EXISTS \(PostgresStore.table(name, "words")), \(PostgresStore.table(name))")
            return true
        }
    }
}
