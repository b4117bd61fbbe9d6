import Essentials
import GRDB

/// Where conversations are kept: a database file, or memory.
public final class MemoryStore: Sendable {
    private let queue: DatabaseQueue

    /// Opens or makes a file; nil keeps everything in memory, until this goes.
    public init(path: String? = nil) throws {
        var configuration = Configuration()
        configuration.busyMode = .timeout(10)
        queue =
            try path.map { try DatabaseQueue(path: $0, configuration: configuration) }
            ?? DatabaseQueue(configuration: configuration)
        try queue.write { database in
            try database.execute(
                sql: """
                    CREATE TABLE IF NOT EXISTS turns(
                        conversation BLOB NOT NULL, number INTEGER NOT NULL, role TEXT NOT NULL, content BLOB NOT NULL,
                        PRIMARY KEY (conversation, number));
                    CREATE TABLE IF NOT EXISTS notes(
                        conversation BLOB NOT NULL, name BLOB NOT NULL, content BLOB NOT NULL,
                        PRIMARY KEY (conversation, name));
                    """)
        }
    }

    /// The names of the conversations.
    public func conversations() throws -> [String] {
        try queue.read {
            try Data.fetchAll($0, sql: "SELECT DISTINCT conversation FROM turns ORDER BY conversation").map(Self.text)
        }
    }

    func turns(of conversation: String) throws -> [ChatMessage] {
        try queue.read { database in
            try Row.fetchAll(
                database, sql: "SELECT role, content FROM turns WHERE conversation = ? ORDER BY number",
                arguments: [Data(conversation.utf8)]
            ).map { ChatMessage(ChatMessage.Role(rawValue: $0[0]) ?? .user, Self.text($0[1])) }
        }
    }

    func append(_ messages: [ChatMessage], to conversation: String) throws {
        try queue.write { database in
            for message in messages {
                try database.execute(
                    sql: """
                        INSERT INTO turns SELECT ?1, COALESCE(MAX(number), -1) + 1, ?2, ?3 FROM turns
                        WHERE conversation = ?1
                        """,
                    arguments: [Data(conversation.utf8), message.role.rawValue, Data(message.text.utf8)])
            }
        }
    }

    func notes(of conversation: String) throws -> [(name: String, text: String)] {
        try queue.read { database in
            try Row.fetchAll(
                database, sql: "SELECT name, content FROM notes WHERE conversation = ? ORDER BY name",
                arguments: [Data(conversation.utf8)]
            ).map { (Self.text($0[0]), Self.text($0[1])) }
        }
    }

    func note(_ name: String, _ text: String, of conversation: String) throws {
        try queue.write {
            try $0.execute(
                sql: "INSERT OR REPLACE INTO notes VALUES (?, ?, ?)",
                arguments: [Data(conversation.utf8), Data(name.utf8), Data(text.utf8)])
        }
    }

    func remove(_ conversation: String) throws {
        try queue.write { database in
            for table in ["turns", "notes"] {
                try database.execute(
                    sql: "DELETE FROM \(table) WHERE conversation = ?", arguments: [Data(conversation.utf8)])
            }
        }
    }

    private static func text(_ data: Data) -> String { String(decoding: data, as: UTF8.self) }
}
