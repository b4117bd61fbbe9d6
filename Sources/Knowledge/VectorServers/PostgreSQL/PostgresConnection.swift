import Platform
import Synchronization
import Vectors

/// Why a command failed: what PostgreSQL says, and its code of five characters.
struct PostgresFailure: Error {
    let code: String
    let reason: String

    static let duplicateKey = "23505", duplicateTable = "42P07", undefinedTable = "42P01"
}

/// One connection to a PostgreSQL server, which one task uses at a time, and which comes back after the server was away.
final class PostgresConnection: Sendable {
    /// What a command has given: its rows, with nil for NULL.
    typealias Rows = [[String?]]

    private struct State: @unchecked Sendable {
        // Invariant: the pointer is used by whoever holds the mutex around it, and freed with the connection.
        var handle: PostgresLibrary.Connection?
    }

    /// The address for messages.
    let address: String
    private let parameters: String
    private let state = Mutex(State())

    convenience init(_ address: StoreAddress) {
        self.init(
            parameters: "postgresql://\(address.authority)/\(address.container[0])\(address.parameters)",
            address: "\(address)")
    }

    /// - Parameters:
    ///   - parameters: What libpq takes.
    ///   - address: The address for messages.
    init(parameters: String, address: String) { (self.parameters, self.address) = (parameters, address) }

    deinit { state.withLock { state in PostgresLibrary.shared?.finish(state.handle) } }

    /// Runs commands that all take effect, or none if `body` throws.
    ///
    /// - Throws: What `body` throws, with `VectorError.server` for `PostgresFailure`.
    func transaction<Value: Sendable>(
        isReading: Bool = false, _ body: @escaping @Sendable (PostgresSession) throws -> Value
    ) async throws -> Value {
        try await Blocking.run { [self] in
            try state.withLock { state in
                do {
                    let session = try begin(&state, isReading: isReading)
                    do {
                        let value = try body(session)
                        try session.run("COMMIT")
                        return value
                    } catch {
                        _ = try? session.run("ROLLBACK")
                        throw error
                    }
                } catch let failure as PostgresFailure {
                    throw VectorError.server(address: address, reason: failure.reason)
                }
            }
        }
    }

    private func begin(_ state: inout State, isReading: Bool) throws -> PostgresSession {
        guard let library = PostgresLibrary.shared else {
            throw PostgresFailure(code: "", reason: "the library libpq is missing; install it: apt-get install libpq5")
        }
        let start = "BEGIN" + (isReading ? " ISOLATION LEVEL REPEATABLE READ READ ONLY" : "")
        for attempt in 0..<2 {
            if state.handle == nil {
                state.handle = parameters.withCString { library.connect($0) }
                _ = library.setNotices(state.handle, { _, _ in }, nil)
            } else if library.status(state.handle) != 0 {
                library.reset(state.handle)
            }
            let session = PostgresSession(library: library, handle: state.handle)
            guard library.status(state.handle) == 0 else {
                let reason = session.connectionError
                library.finish(state.handle)
                state.handle = nil
                throw PostgresFailure(code: "", reason: reason)
            }
            // A connection that was lost meanwhile is noticed here, before anything has been done.
            do {
                try session.run(start)
                return session
            } catch  where attempt == 0 && library.status(state.handle) != 0 {
                continue
            }
        }
        throw PostgresFailure(code: "", reason: "the connection is lost")
    }
}

/// A connection while its holder has it.
struct PostgresSession {
    let library: PostgresLibrary
    let handle: PostgresLibrary.Connection?

    var connectionError: String { Self.line(library.errorMessage(handle)) }

    /// Runs one command with texts for $1, $2 and so on.
    @discardableResult func run(_ command: String, _ arguments: [String] = []) throws -> PostgresConnection.Rows {
        let texts = arguments.map { strdup($0) }
        defer { for text in texts { free(text) } }
        let values = texts.map { text in text.map { UnsafePointer($0) } }
        let answer = command.withCString { command in
            values.withUnsafeBufferPointer {
                library.execute(handle, command, Int32(values.count), nil, $0.baseAddress, nil, nil, 0)
            }
        }
        defer { library.clear(answer) }
        let (done, withRows): (Int32, Int32) = (1, 2)
        let status = library.answerStatus(answer)
        guard status == done || status == withRows else {
            func field(_ name: Character) -> String {
                Self.line(library.answerError(answer, Int32(name.asciiValue ?? 0)))
            }
            let text = field("M")
            let hint = field("H")
            throw PostgresFailure(
                code: field("C"),
                reason: text.isEmpty ? connectionError : hint.isEmpty ? text : "\(text) (\(hint))")
        }
        let columns = 0..<library.columns(answer)
        return (0..<library.rows(answer)).map { row in
            columns.map { column in
                guard library.isNull(answer, row, column) == 0, let value = library.value(answer, row, column) else {
                    return nil
                }
                let bytes = UnsafeRawBufferPointer(start: value, count: Int(library.length(answer, row, column)))
                return String(decoding: bytes, as: UTF8.self)
            }
        }
    }

    private static func line(_ text: UnsafePointer<CChar>?) -> String {
        let text = text.map { String(cString: $0) } ?? ""
        return text.split(whereSeparator: \.isNewline).joined(separator: " ")
    }
}
