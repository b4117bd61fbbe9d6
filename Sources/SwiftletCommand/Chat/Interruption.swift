import Dispatch
import Foundation

/// Lets Ctrl-C stop one piece of work instead of the program.
enum Interruption {
    /// Runs work in a task that an interrupt cancels; returns its result.
    static func catching<Success: Sendable>(
        _ work: @escaping @Sendable () async throws -> Success
    ) async throws -> Success {
        let task = Task { try await work() }
        let former = signal(SIGINT, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: SIGINT, queue: .global())
        source.setEventHandler { task.cancel() }
        source.resume()
        defer {
            source.cancel()
            signal(SIGINT, former)
        }
        return try await task.value
    }
}
