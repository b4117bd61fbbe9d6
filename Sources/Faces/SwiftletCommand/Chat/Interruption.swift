import Dispatch
import Platform
import Synchronization

/// Lets Ctrl-C stop one piece of work instead of the program.
enum Interruption {
    /// Ends the work at hand; nil while there is none.
    private static let cancel = Mutex<(@Sendable () -> Void)?>(nil)

    /// Where the signal's handler writes, since writing is among the few things that a handler may do. Set once, before
    /// the handler is installed.
    nonisolated(unsafe) private static var signalPipe: Int32 = -1

    /// Listens for the whole life of the program; made once and never changed afterwards.
    nonisolated(unsafe) private static let listener: (any DispatchSourceRead)? = {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return nil }
        signalPipe = ends[1]
        let readEnd = ends[0]
        let source = DispatchSource.makeReadSource(fileDescriptor: readEnd, queue: .global())
        source.setEventHandler {
            var byte: UInt8 = 0
            _ = read(readEnd, &byte, 1)
            if let cancel = cancel.withLock({ $0 }) {
                cancel()
            } else {
                signal(SIGINT, SIG_DFL)
                kill(getpid(), SIGINT)
            }
        }
        source.resume()
        signal(SIGINT) { _ in
            var byte: UInt8 = 1
            _ = write(Interruption.signalPipe, &byte, 1)
        }
        return source
    }()

    /// Runs work in a task that an interrupt cancels; returns its result.
    static func catching<Success: Sendable>(
        _ work: @escaping @Sendable () async throws -> Success
    ) async throws -> Success {
        _ = listener
        let task = Task { try await work() }
        cancel.withLock { $0 = { task.cancel() } }
        defer { cancel.withLock { $0 = nil } }
        return try await task.value
    }
}
