import Documents
import Essentials
import GRDB
import JSONValues
import VectorServers

/// The rows of a query as a document: `sqlite:FILE?query=SELECT ...` or `postgres://user@host/database?query=SELECT ...`.
struct RowQuery: Sendable, Hashable {
    /// The most rows.
    static let maximumRows = 1_000_000

    /// The query in one form, without what is secret in it.
    let name: String
    private let place: String
    private let sql: String
    private let isSQLite: Bool

    /// Whether a text is such a query.
    static func isQuery(_ source: String) -> Bool {
        source.hasPrefix("sqlite:") || source.hasPrefix("postgres://") || source.hasPrefix("postgresql://")
    }

    /// Takes a query apart.
    init(_ source: String) throws(DocumentError) {
        guard let mark = source.firstRange(of: "query="), let before = source[..<mark.lowerBound].last,
            "?&".contains(before)
        else {
            throw DocumentError(
                source.hasPrefix("sqlite:") ? source : "the address of a database", "it holds no ?query=SELECT ...")
        }
        let text = String(source[mark.upperBound...])
        sql = (text.contains("%") && !text.contains(" ") ? text.removingPercentEncoding : nil) ?? text
        isSQLite = source.hasPrefix("sqlite:")
        let database = String(source[..<source.index(before: mark.lowerBound)])
        place =
            isSQLite
            ? URL(fileURLWithPath: String(database.dropFirst("sqlite:".count))).standardizedFileURL.path : database
        name = isSQLite ? "sqlite:\(place)?query=\(sql)" : "\(database)?query=\(sql)"
        guard isSQLite || !database.contains("@") || database.split(separator: "@")[0].split(separator: ":").count < 3
        else {
            throw DocumentError(
                "the address of a database", "it holds a password, which a collection would remember",
                remedy: "Leave it to PGPASSWORD")
        }
    }

    /// The rows, each as `column: value; column: value`.
    func document() async throws -> Document {
        let rows =
            isSQLite
            ? try await sqliteRows() : try await PostgresQuery.rows(of: sql, at: place, limit: Self.maximumRows)
        guard rows.count <= Self.maximumRows else {
            throw DocumentError(
                name, "it has more than the \(Self.maximumRows) rows that are read", remedy: "Use LIMIT")
        }
        guard let part = RecordRows.part(rows) else { throw DocumentError(name, "it has no rows with values") }
        return Document(parts: [part])
    }

    private func sqliteRows() async throws -> [[(column: String, value: String)]] {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(10)
        do {
            let queue = try DatabaseQueue(path: place, configuration: configuration)
            return try await queue.read { [sql] database in
                let cursor = try Row.fetchCursor(database, sql: sql)
                var rows: [[(column: String, value: String)]] = []
                while let row = try cursor.next(), rows.count <= Self.maximumRows {
                    rows.append(row.map { ($0, Self.text($1)) })
                }
                return rows
            }
        } catch let error as DatabaseError {
            throw DocumentError(name, error.message ?? error.description)
        }
    }

    private static func text(_ value: DatabaseValue) -> String {
        switch value.storage {
        case .null: ""
        case .int64(let number): "\(number)"
        case .double(let number): "\(number)"
        case .string(let text): text
        case .blob(let data): "(\(data.count) bytes)"
        }
    }
}
