import Platform

/// A lock that threads get in the order in which they ask for it: one that gives it back and asks again at once, as an engine does
/// from step to step, lets all others have it before.
///
/// Invariant of the unchecked conformance: the numbers are read and written by whoever has the mutex.
final class FairLock: @unchecked Sendable {
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>
    /// The number that the next one gets, and the number whose turn it is.
    private var (next, current) = (0, 0)

    init() {
        mutex = .allocate(capacity: 1)
        condition = .allocate(capacity: 1)
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_mutex_destroy(mutex)
        pthread_cond_destroy(condition)
        mutex.deallocate()
        condition.deallocate()
    }

    func withLock<Value>(_ body: () throws -> Value) rethrows -> Value {
        pthread_mutex_lock(mutex)
        let number = next
        next += 1
        while current != number { pthread_cond_wait(condition, mutex) }
        pthread_mutex_unlock(mutex)
        defer {
            pthread_mutex_lock(mutex)
            current += 1
            if current != next { pthread_cond_broadcast(condition) }
            pthread_mutex_unlock(mutex)
        }
        return try body()
    }
}
