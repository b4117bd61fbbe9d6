import Synchronization

extension ThreadPool {
    private struct Reference { weak var pool: ThreadPool? }

    private static let pools = Mutex<[Int: Reference]>([:])

    /// The pool of so many threads that all models of this process share; it ends with the last of them. Who uses it takes turns
    /// with the others: ``takeTurn(_:)``.
    package static func shared(threads: Int) -> ThreadPool {
        pools.withLock { pools in
            if let pool = pools[threads]?.pool { return pool }
            let pool = ThreadPool(threads: threads)
            pools[threads] = Reference(pool: pool)
            return pool
        }
    }

    /// Runs `body`, which may run loops, when nobody else has the pool. Those who wait come in the order of their arrival.
    package func takeTurn<Value>(_ body: () throws -> Value) rethrows -> Value { try turns.withLock(body) }
}
