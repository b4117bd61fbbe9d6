import Documents
import Essentials
import GRDB

/// A file in a collection.
public struct IndexedFile: Sendable, Hashable {
    public var path: String
    /// The digest of its content and of how it was split.
    public var fingerprint: String
    /// Its size in bytes.
    public var size: Int
    /// How many passages it has.
    public var passages: Int
    /// What a person should know about it.
    public var notes: [String]
}

/// What a collection knows of its files. A file is entered when all of its passages are kept, so one that was interrupted is
/// read again.
protocol Catalog: Sendable {
    /// How documents are split.
    func splitting() async throws -> SplittingOptions
    /// The files, by their paths.
    func files() async throws -> [IndexedFile]
    /// What was named to be indexed.
    func roots() async throws -> [String]
    func add(roots: [String]) async throws
    func enter(_ files: [IndexedFile]) async throws
    func remove(_ paths: [String]) async throws
    func close() async throws
}

/// The catalog of an embedded collection: a database beside that of the vectors.
struct DatabaseCatalog: Catalog {
    private let pool: DatabasePool
    private let path: String

    init(path: String, isReadOnly: Bool) throws {
        self.path = path
        var configuration = Configuration()
        configuration.readonly = isReadOnly
        configuration.busyMode = .timeout(10)
        do { pool = try DatabasePool(path: path, configuration: configuration) } catch let error as DatabaseError {
            throw RetrievalError.damaged(path: path, reason: error.message ?? error.description)
        }
    }

    init(path: String, creating splitting: SplittingOptions) throws {
        try self.init(path: path, isReadOnly: false)
        let text = String(decoding: try JSONEncoder().encode(splitting), as: UTF8.self)
        try pool.write { database in
            try database.execute(
                sql: """
                    CREATE TABLE files(
                        path BLOB PRIMARY KEY, fingerprint TEXT NOT NULL, size INTEGER NOT NULL, passages INTEGER NOT NULL,
                        notes BLOB NOT NULL);
                    CREATE TABLE roots(path BLOB PRIMARY KEY);
                    CREATE TABLE facts(name TEXT PRIMARY KEY, value TEXT NOT NULL);
                    """)
            try database.execute(sql: "INSERT INTO facts VALUES ('format', '1'), ('splitting', ?)", arguments: [text])
        }
    }

    func splitting() throws -> SplittingOptions {
        let text = try read { try String.fetchOne($0, sql: "SELECT value FROM facts WHERE name = 'splitting'") }
        guard let text, let options = try? JSONDecoder().decode(SplittingOptions.self, from: Data(text.utf8)) else {
            throw RetrievalError.damaged(path: path, reason: "it does not say how documents are split")
        }
        return options
    }

    func files() throws -> [IndexedFile] {
        try read { database in
            try Row.fetchAll(database, sql: "SELECT path, fingerprint, size, passages, notes FROM files ORDER BY path")
                .map {
                    let notes = Self.text($0[4])
                    return IndexedFile(
                        path: Self.text($0[0]), fingerprint: $0[1], size: $0[2], passages: $0[3],
                        notes: notes.split(separator: "\n").map(String.init))
                }
        }
    }

    func roots() throws -> [String] {
        try read { try Data.fetchAll($0, sql: "SELECT path FROM roots ORDER BY path").map(Self.text) }
    }

    func add(roots: [String]) throws {
        try pool.write { database in
            for root in roots {
                try database.execute(sql: "INSERT OR IGNORE INTO roots VALUES (?)", arguments: [Data(root.utf8)])
            }
        }
    }

    func enter(_ files: [IndexedFile]) throws {
        try pool.write { database in
            for file in files {
                try database.execute(
                    sql: "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?)",
                    arguments: [
                        Data(file.path.utf8), file.fingerprint, file.size, file.passages,
                        Data(file.notes.joined(separator: "\n").utf8),
                    ])
            }
        }
    }

    func remove(_ paths: [String]) throws {
        try pool.write { database in
            for path in paths {
                try database.execute(sql: "DELETE FROM files WHERE path = ?", arguments: [Data(path.utf8)])
            }
        }
    }

    func close() throws { try pool.close() }

    private func read<Value>(_ body: (Database) throws -> Value) throws -> Value {
        do { return try pool.read(body) } catch let error as DatabaseError {
            throw RetrievalError.damaged(path: path, reason: error.message ?? error.description)
        }
    }

    private static func text(_ data: Data) -> String { String(decoding: data, as: UTF8.self) }
}
