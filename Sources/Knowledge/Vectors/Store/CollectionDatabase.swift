import Essentials
import Files
import GRDB

/// The database of a collection: documents, what is found by metadata and words, and the changes of vectors since the last
/// snapshot. SQLite's own log makes a change of all of these one step, which a kill leaves done or undone.
struct CollectionDatabase: Sendable {
    static let format = 1
    static let fileName = "collection.sqlite"

    /// What the last snapshot of vectors and graph holds.
    struct Snapshot: Codable, Hashable {
        /// The number in its files' names; 0 for none.
        var generation = 0
        /// The last change that it has.
        var sequence: Int64 = 0
    }

    /// A vector that was set, or removed if there is none.
    struct Change {
        let sequence: Int64
        let slot: Int
        let vector: [Float]?
    }

    let pool: DatabasePool
    let path: String

    /// Opens the database of a folder; makes a new one if `settings` are given.
    init(folder: String, creating settings: CollectionSettings?, isReadOnly: Bool) throws {
        path = folder + "/" + Self.fileName
        var configuration = Configuration()
        configuration.readonly = isReadOnly
        configuration.busyMode = .timeout(10)
        configuration.prepareDatabase { database in
            // A change is on the disk when it has been made.
            if !isReadOnly { try database.execute(sql: "PRAGMA synchronous = FULL") }
        }
        if settings == nil { try Self.checkLength(of: path) }
        pool = try DatabasePool(path: path, configuration: configuration)
        guard let settings else { return }
        try pool.write { database in
            try database.execute(sql: Self.schema)
            try Self.set(settings, "settings", database)
            try Self.set(Self.format, "format", database)
            try Self.set(Snapshot(), "snapshot", database)
            try Self.set(Totals(), "totals", database)
        }
    }

    // Ids and texts are bytes: as texts they would end at their first zero.
    private static let schema = """
        CREATE TABLE facts(name TEXT PRIMARY KEY, value TEXT NOT NULL);
        CREATE TABLE documents(
            slot INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, text BLOB NOT NULL, metadata TEXT NOT NULL,
            words INTEGER NOT NULL, sparse TEXT);
        CREATE TABLE metadata(
            field TEXT NOT NULL, value, slot INTEGER NOT NULL, PRIMARY KEY(field, value, slot)) WITHOUT ROWID;
        CREATE TABLE words(
            word TEXT NOT NULL, slot INTEGER NOT NULL, count INTEGER NOT NULL, PRIMARY KEY(word, slot)) WITHOUT ROWID;
        CREATE TABLE weights(
            dimension INTEGER NOT NULL, slot INTEGER NOT NULL, weight REAL NOT NULL, PRIMARY KEY(dimension, slot))
            WITHOUT ROWID;
        CREATE TABLE changes(sequence INTEGER PRIMARY KEY AUTOINCREMENT, slot INTEGER NOT NULL, vector BLOB);
        """

    /// How many documents and words there are.
    struct Totals: Codable {
        var documents = 0
        var words = 0
    }

    static func set(_ value: some Encodable, _ name: String, _ database: Database) throws {
        let text = String(decoding: try JSONEncoder().encode(value), as: UTF8.self)
        try database.execute(sql: "INSERT OR REPLACE INTO facts VALUES (?, ?)", arguments: [name, text])
    }

    func get<Value: Decodable>(_ name: String, _ type: Value.Type = Value.self, _ database: Database) throws -> Value {
        let text = try String.fetchOne(database, sql: "SELECT value FROM facts WHERE name = ?", arguments: [name])
        guard let text, let value = try? JSONDecoder().decode(Value.self, from: Data(text.utf8)) else {
            throw VectorError.damaged(path: path, reason: "it does not say its \(name)")
        }
        return value
    }

    /// Compares the length of the file with what its header says: pages that are missing are noticed at once, not when
    /// they are read.
    private static func checkLength(of path: String) throws {
        guard let size = FileSystem.size(of: path) else { return }
        let header = try FileSystem.prefix(of: path, count: 100)
        guard header.count == 100, header.starts(with: "SQLite format 3\0".utf8) else {
            throw VectorError.damaged(path: path, reason: "it does not begin as a database does")
        }
        let page = Int(header[16]) << 8 | Int(header[17])
        let pages = header[28..<32].reduce(0) { $0 << 8 | Int($1) }
        let expected = pages * (page == 1 ? 65_536 : page)
        // A log that has not been taken in may hold the pages that are not there yet.
        let hasLog = FileSystem.size(of: path + "-wal").map { $0 > 0 } ?? false
        guard size >= expected || hasLog else {
            throw VectorError.damaged(path: path, reason: "it has \(size) bytes and should have \(expected)")
        }
    }

    /// Looks through the whole database for damage.
    func verify() throws {
        let finding = try pool.read { try String.fetchOne($0, sql: "PRAGMA quick_check(1)") }
        guard finding == "ok" else {
            throw VectorError.damaged(path: path, reason: finding ?? "it cannot be checked")
        }
    }

    /// The changes after one, in their order.
    func forEachChange(after sequence: Int64, _ database: Database, _ body: (Change) throws -> Void) throws {
        let rows = try Row.fetchCursor(
            database, sql: "SELECT sequence, slot, vector FROM changes WHERE sequence > ? ORDER BY sequence",
            arguments: [sequence])
        while let row = try rows.next() {
            let vector: [Float]? = try row.withUnsafeData(atIndex: 2) { data in
                data.map { data in
                    [Float](unsafeUninitializedCapacity: data.count / 4) { values, count in
                        count = data.copyBytes(to: UnsafeMutableRawBufferPointer(values)) / 4
                    }
                }
            }
            try body(Change(sequence: row[0], slot: row[1], vector: vector))
        }
    }
}
