import Dispatch
import Synchronization

/// Work on a thread of its own, beside what its maker goes on with.
package final class BackgroundWork<Value: Sendable>: Sendable {
    private let work: @Sendable () throws -> Value
    private let result = Mutex<Result<Value, any Error>?>(nil)
    private let bell = DispatchSemaphore(value: 0)

    /// Starts the work.
    package init(_ work: @escaping @Sendable () throws -> Value) {
        self.work = work
        let isStarted = NativeThread.start { [self] in
            let result = Result { try work() }
            self.result.withLock { $0 = result }
            bell.signal()
        }
        if !isStarted { bell.signal() }
    }

    /// What came of it; waits until it is done, and does it now if the system had no thread to give.
    package func value() throws -> Value {
        bell.wait()
        bell.signal()
        guard let result = result.withLock({ $0 }) else { return try work() }
        return try result.get()
    }
}
