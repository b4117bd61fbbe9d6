import Essentials
import JSONValues
import Vectors

/// The rows of a query of the user's in a PostgreSQL database.
package enum PostgresQuery {
    /// The rows, in a transaction that may read alone; one more than the limit if there are more.
    ///
    /// - Throws: `VectorError.server`.
    package static func rows(of sql: String, at address: String, limit: Int) async throws
        -> [[(column: String, value: String)]]
    {
        let connection = PostgresConnection(parameters: address, address: address)
        let query = sql.reversed().drop { $0 == ";" || $0.isWhitespace }.reversed()
        let found = try await connection.transaction(isReading: true) { session in
            // JSON's rows keep the order and the names of columns.
            try session.run("SELECT row_to_json(r) FROM (\(String(query))\n) r LIMIT \(limit + 1)")
        }
        return try found.map { row in
            let object = try JSON(parsing: row[0] ?? "{}", source: address).objectValue ?? [:]
            return object.map { ($0.key, Self.text($0.value)) }
        }
    }

    private static func text(_ value: JSON) -> String {
        switch value {
        case .null: ""
        case .string(let text): text
        default: value.text()
        }
    }
}
