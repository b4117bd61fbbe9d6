import Dispatch
import Synchronization

/// Where work of a request runs that takes long without waiting, such as reading megabytes of text or files of weights: the threads
/// that all tasks share are only as many as there are cores, and two such requests would let everybody else wait.
final class SlowWorkExecutor: TaskExecutor {
    static let shared = SlowWorkExecutor()
    /// The bytes of a request's body from which on it is read here.
    static let smallestBody = 1 << 16

    /// A serial queue has a thread of its own, however busy the others are.
    private let queues = (0..<8).map { DispatchQueue(label: "slow work \($0)") }
    private let next = Atomic(0)

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let queue = queues[next.wrappingAdd(1, ordering: .relaxed).oldValue % queues.count]
        queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
