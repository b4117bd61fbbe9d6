import Essentials
import GRDB

/// The answers of a cache, and when they were used.
struct AnswerTable: Sendable {
    struct Entry: Sendable {
        var scope: String
        var question: String
        var answer: String
        var tokens: Int
        var seconds: Double
        var created: Double

        func found(similarity: Float) -> CachedAnswer {
            CachedAnswer(
                answer: answer, question: question, similarity: similarity, tokens: tokens, seconds: seconds)
        }
    }

    private let queue: DatabaseQueue
    private let path: String

    init(path: String) throws {
        self.path = path
        var configuration = Configuration()
        configuration.busyMode = .timeout(10)
        do {
            queue = try DatabaseQueue(path: path, configuration: configuration)
            try queue.write { database in
                try database.execute(
                    sql: """
                        CREATE TABLE IF NOT EXISTS answers(
                            id TEXT PRIMARY KEY, scope BLOB NOT NULL, question BLOB NOT NULL, answer BLOB NOT NULL,
                            tokens INTEGER NOT NULL, seconds REAL NOT NULL, created REAL NOT NULL, used REAL NOT NULL,
                            uses INTEGER NOT NULL) WITHOUT ROWID;
                        CREATE INDEX IF NOT EXISTS answers_used ON answers(used);
                        CREATE INDEX IF NOT EXISTS answers_created ON answers(created);
                        """)
            }
        } catch let error as DatabaseError {
            throw RetrievalError.damagedCache(path: path, reason: error.message ?? error.description)
        }
    }

    func count() throws -> Int { try access { try Int.fetchOne($0, sql: "SELECT count(*) FROM answers") ?? 0 } }

    func entry(_ id: String) throws -> Entry? {
        try access { try Row.fetchOne($0, sql: "SELECT * FROM answers WHERE id = ?", arguments: [id]).map(Self.entry) }
    }

    func forEach(_ body: (Entry) throws -> Void) throws {
        try access { database in
            let rows = try Row.fetchCursor(database, sql: "SELECT * FROM answers ORDER BY created, id")
            while let row = try rows.next() { try body(Self.entry(row)) }
        }
    }

    func enter(_ id: String, _ entry: Entry) throws {
        try access {
            try $0.execute(
                sql: "INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1)",
                arguments: [
                    id, Data(entry.scope.utf8), Data(entry.question.utf8), Data(entry.answer.utf8), entry.tokens,
                    entry.seconds, entry.created, entry.created,
                ])
        }
    }

    func use(_ id: String, now: Double) throws {
        try access {
            try $0.execute(
                sql: "UPDATE answers SET used = ?, uses = uses + 1 WHERE id = ?", arguments: [now, id])
        }
    }

    func ids(createdBefore time: Double) throws -> [String] {
        try access {
            try String.fetchAll(
                $0, sql: "SELECT id FROM answers WHERE created < ?",
                arguments: [min(time, .greatestFiniteMagnitude)])
        }
    }

    func leastUsed(_ count: Int, eviction: CacheOptions.Eviction, besides leaving: Set<String>) throws -> [String] {
        let order = eviction == .leastRecent ? "used, id" : "uses, used, id"
        return try access { database in
            let ids = try String.fetchCursor(database, sql: "SELECT id FROM answers ORDER BY \(order)")
            var found: [String] = []
            while found.count < count, let id = try ids.next() {
                if !leaving.contains(id) { found.append(id) }
            }
            return found
        }
    }

    func remove(_ ids: [String]) throws {
        try access { database in
            for id in ids { try database.execute(sql: "DELETE FROM answers WHERE id = ?", arguments: [id]) }
        }
    }

    func close() throws { try queue.close() }

    private func access<Value>(_ body: (Database) throws -> Value) throws -> Value {
        do { return try queue.write(body) } catch let error as DatabaseError {
            throw RetrievalError.damagedCache(path: path, reason: error.message ?? error.description)
        }
    }

    private static func entry(_ row: Row) -> Entry {
        func text(_ name: String) -> String { String(decoding: row[name] as Data, as: UTF8.self) }
        return Entry(
            scope: text("scope"), question: text("question"), answer: text("answer"), tokens: row["tokens"],
            seconds: row["seconds"], created: row["created"])
    }
}
