import CKernels
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Threads that share the items of one loop after another.
///
/// Between loops the workers spin for some microseconds, since the next loop of a forward pass is never far; then they
/// yield, and then sleep, so that an idle pool costs nothing and a busy machine is not held up. One thread at a time may
/// call `run`.
public final class ThreadPool: @unchecked Sendable {
    // Invariant: `job` is written by the caller of `run` before `generation` is released and read by workers after they
    // acquire it; it is not written again before all workers have left the loop (`working` is 0).
    private var job: (count: Int, body: (Int, Int) -> Void)?
    private let generation = Atomic<Int>(0)
    private let nextItem = Atomic<Int>(0)
    private let working = Atomic<Int>(0)
    private let sleepers = Atomic<Int>(0)
    private let stopping = Atomic<Bool>(false)
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>
    private let exited = Atomic<Int>(0)
    private var started = 0

    /// The number of threads that work on a loop, the caller's included.
    public var threads: Int { started + 1 }

    /// Starts `threads - 1` workers; the thread that calls `run` is the last one.
    public init(threads: Int) {
        mutex = .allocate(capacity: 1)
        condition = .allocate(capacity: 1)
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
        for index in 1..<max(threads, 1) {
            // The workers end before this pool does: deinit waits for them.
            unowned(unsafe) let pool = self
            if NativeThread.start({ pool.workerLoop(index) }) { started += 1 }
        }
    }

    deinit {
        stopping.store(true, ordering: .sequentiallyConsistent)
        wakeAll()
        while exited.load(ordering: .acquiring) < started { sched_yield() }
        pthread_mutex_destroy(mutex)
        pthread_cond_destroy(condition)
        mutex.deallocate()
        condition.deallocate()
    }

    /// The number of threads that the machine runs at once.
    public static var machineThreads: Int { max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }

    /// Calls `body` with each index below `count` and the number of the thread that runs it; returns when all are done.
    public func run(_ count: Int, _ body: (_ item: Int, _ thread: Int) -> Void) {
        if count <= 1 || started == 0 {
            for item in 0..<max(count, 0) { body(item, 0) }
            return
        }
        withoutActuallyEscaping(body) { body in
            job = (count, body)
            nextItem.store(0, ordering: .relaxed)
            working.store(started, ordering: .relaxed)
            generation.add(1, ordering: .sequentiallyConsistent)
            if sleepers.load(ordering: .sequentiallyConsistent) > 0 { wakeAll() }
            work(count, body, thread: 0)
            var spins = 0
            while working.load(ordering: .acquiring) > 0 {
                spins += 1
                if spins < Self.spinLimit { swiftlet_pause() } else { sched_yield() }
            }
            job = nil
        }
    }

    private static let spinLimit = 4000
    private static let yieldLimit = 50

    private func work(_ count: Int, _ body: (Int, Int) -> Void, thread: Int) {
        while true {
            let item = nextItem.add(1, ordering: .relaxed).oldValue
            guard item < count else { return }
            body(item, thread)
        }
    }

    private func workerLoop(_ index: Int) {
        var seen = 0
        while true {
            seen = waitForWork(after: seen)
            if stopping.load(ordering: .acquiring) { break }
            if let job { work(job.count, job.body, thread: index) }
            working.subtract(1, ordering: .releasing)
        }
        exited.add(1, ordering: .releasing)
    }

    private func waitForWork(after seen: Int) -> Int {
        for attempt in 0..<(Self.spinLimit + Self.yieldLimit) {
            let current = generation.load(ordering: .acquiring)
            if current != seen || stopping.load(ordering: .relaxed) { return current }
            if attempt < Self.spinLimit { swiftlet_pause() } else { sched_yield() }
        }
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        sleepers.add(1, ordering: .sequentiallyConsistent)
        defer { sleepers.subtract(1, ordering: .sequentiallyConsistent) }
        while generation.load(ordering: .sequentiallyConsistent) == seen, !stopping.load(ordering: .acquiring) {
            pthread_cond_wait(condition, mutex)
        }
        return generation.load(ordering: .acquiring)
    }

    private func wakeAll() {
        pthread_mutex_lock(mutex)
        pthread_cond_broadcast(condition)
        pthread_mutex_unlock(mutex)
    }
}
