import GRDB
import JSONValues

/// An SQLite file that may be asked and not changed.
public final class SQLSource: Sendable {
    /// The most rows of an answer; it says how many more there may be.
    public static let maximumRows = 100
    /// Seconds that a query may take.
    public static let maximumSeconds = 10.0

    private let queue: DatabaseQueue
    private let path: String

    /// Opens a file.
    public init(path: String) throws {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(5)
        do { queue = try DatabaseQueue(path: path, configuration: configuration) } catch {
            throw ToolError.failed(tool: "sql", reason: "\(path) cannot be opened as an SQLite file: \(error)")
        }
        self.path = path
    }

    /// The statements that made the tables and views.
    public func schema() throws -> String {
        try queue.read {
            try String.fetchAll(
                $0,
                sql: """
                    SELECT sql FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%' \
                    AND sql IS NOT NULL ORDER BY name
                    """)
        }.joined(separator: ";\n")
    }

    /// The rows of a query as lines: names, then values, separated by ` | `.
    ///
    /// - Throws: `ToolError.refused` for anything but one query that reads.
    public func rows(_ sql: String) async throws -> String {
        let word = sql.trimmed.prefix { $0.isLetter }.uppercased()
        guard ["SELECT", "WITH", "VALUES", "EXPLAIN"].contains(word) else {
            throw ToolError.refused(tool: "sql", reason: "only queries that read may run, not \(word)")
        }
        let queue = queue
        let watch = Task {
            try await Task.sleep(for: .seconds(Self.maximumSeconds))
            queue.interrupt()
        }
        defer { watch.cancel() }
        do {
            return try await queue.read { database in try Self.rows(sql, database) }
        } catch let error as DatabaseError {
            let reason =
                error.resultCode == .SQLITE_INTERRUPT
                ? "the query takes more than \(Int(Self.maximumSeconds)) s" : error.message ?? error.description
            throw ToolError.failed(tool: "sql", reason: reason)
        }
    }

    private static func rows(_ sql: String, _ database: Database) throws -> String {
        let statement = try database.makeStatement(sql: sql)
        guard statement.isReadonly else {
            throw ToolError.refused(tool: "sql", reason: "the statement would change the database")
        }
        var lines = [statement.columnNames.joined(separator: " | ")]
        let rows = try Row.fetchCursor(statement)
        while let row = try rows.next() {
            guard lines.count <= maximumRows else {
                lines.append("(the first \(maximumRows) rows; there are more)")
                break
            }
            lines.append(row.map { $0.1.isNull ? "NULL" : text($0.1) }.joined(separator: " | "))
        }
        return lines.joined(separator: "\n")
    }

    private static func text(_ value: DatabaseValue) -> String {
        switch value.storage {
        case .null: "NULL"
        case .int64(let number): String(number)
        case .double(let number): Calculator.text(number)
        case .string(let text): text
        case .blob(let data): "(\(data.count) bytes)"
        }
    }

    /// The tool; its description holds the tables.
    public func tool(_ name: String = "sql") throws -> AgentTool {
        AgentTool(
            name, "Runs one SQLite query that reads. The tables:\n\(try schema())",
            parameters: [
                "type": "object", "properties": ["query": ["type": "string"]], "required": ["query"],
                "additionalProperties": false,
            ]
        ) { arguments in
            guard let query = arguments["query"]?.stringValue else {
                throw ToolError.arguments(tool: name, reason: "query is missing")
            }
            return try await self.rows(query)
        }
    }
}
