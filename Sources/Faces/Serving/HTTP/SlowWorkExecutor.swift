import Dispatch
import Synchronization

/// Where requests with long bodies are read and checked. Megabytes take seconds to become tokens, and the threads that all tasks
/// share are only as many as there are cores: two such texts would let everybody else wait.
final class LongTextExecutor: TaskExecutor {
    static let shared = LongTextExecutor()
    /// The bytes of a body from which on it counts as long.
    static let smallestBody = 1 << 16

    /// A serial queue has a thread of its own, however busy the others are.
    private let queues = (0..<8).map { DispatchQueue(label: "long texts \($0)") }
    private let next = Atomic(0)

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let queue = queues[next.wrappingAdd(1, ordering: .relaxed).oldValue % queues.count]
        queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
