import CKernels
import Platform
import Synchronization

/// Threads that share the items of one loop after another.
///
/// Each thread begins with its own share of the items, which lie side by side, and then helps the others with theirs.
/// A loop waits only for workers that have joined it: one that the system has not let run since is not missed, and its
/// items go to the others. Between loops workers spin for some microseconds, since the next loop of a forward pass is
/// never far; then they sleep, so that an idle pool costs nothing and a busy machine is not held up. One thread at a time
/// may call `run`.
public final class ThreadPool: @unchecked Sendable {
    // Invariant: `job` and where shares begin in `places` are written by the caller of `run` before it opens a loop in
    // `state`, and read by workers after they have joined that loop there; they are not set again before all who joined
    // have left.
    private var job: (count: Int, body: (Int, Int) -> Void)?
    private let state = Atomic<Int>(0)
    /// Where each thread's share of the items is taken up, `placeStride` apart: in cache lines of their own.
    private let places: UnsafeMutablePointer<Atomic<Int>>
    private let sleepers = Atomic<Int>(0)
    private let stopping = Atomic<Bool>(false)
    private let exited = Atomic<Int>(0)
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>
    private var started = 0
    /// Whose turn it is, where several share the pool.
    let turns = FairLock()

    /// The number of threads that work on a loop, the caller's included.
    public var threads: Int { started + 1 }

    /// Starts `threads - 1` workers, or as many as the machine runs beside the thread that calls `run`: more would only
    /// take turns. `mayExceedMachine` starts them all the same.
    public init(threads: Int, mayExceedMachine: Bool = false) {
        mutex = .allocate(capacity: 1)
        condition = .allocate(capacity: 1)
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
        let wanted = max(1, mayExceedMachine ? threads : min(threads, Self.machineThreads))
        places = .allocate(capacity: wanted * Self.placeStride)
        for index in 0..<wanted * Self.placeStride { (places + index).initialize(to: Atomic(0)) }
        while started < wanted - 1 {
            // The workers end before this pool does: deinit waits for them. They must not hold it, or it would never end.
            let pool = Unmanaged.passUnretained(self)
            let index = started + 1
            // Numbers have no gaps: there is scratch memory for as many as have started.
            guard NativeThread.start({ pool._withUnsafeGuaranteedRef { $0.workerLoop(index) } }) else { break }
            started = index
        }
    }

    deinit {
        stopping.store(true, ordering: .sequentiallyConsistent)
        wakeAll()
        while exited.load(ordering: .acquiring) < started { NativeThread.yield() }
        pthread_mutex_destroy(mutex)
        pthread_cond_destroy(condition)
        places.deallocate()
        mutex.deallocate()
        condition.deallocate()
    }

    /// Calls `body` with each index below `count` and the number of the thread that runs it; returns when all are done.
    public func run(_ count: Int, _ body: @Sendable (_ item: Int, _ thread: Int) -> Void) { runUnchecked(count, body) }

    /// The same for each of `items`, every one of which goes to one thread alone: they may be of types that are not
    /// `Sendable` as long as no two of them lead to the same mutable state.
    func run<Item>(each items: [Item], _ body: @Sendable (Item) -> Void) {
        runUnchecked(items.count) { index, _ in body(items[index]) }
    }

    /// The same with a body that the compiler does not check, for loops over memory that pointers name: kernels write
    /// through them, and no type says which part. The body must write nothing but memory that belongs to its item (rows of
    /// a result, channels of a state, a group of weights) or to its thread (scratch), and read nothing that another item
    /// writes. This is the only place where closures cross threads unchecked.
    package func runUnchecked(_ count: Int, _ body: (_ item: Int, _ thread: Int) -> Void) {
        if count <= 1 || started == 0 {
            for item in 0..<max(count, 0) { body(item, 0) }
            return
        }
        withoutActuallyEscaping(body) { body in
            job = (count, body)
            for thread in 0..<threads {
                places[thread * Self.placeStride].store(count * thread / threads, ordering: .relaxed)
            }
            let loop = LoopState(bits: state.load(ordering: .relaxed)).next
            state.store(loop.bits, ordering: .sequentiallyConsistent)
            if sleepers.load(ordering: .sequentiallyConsistent) > 0 { wakeAll() }
            work(count, body, thread: 0)
            close()
            job = nil
        }
    }

    /// Lets nobody join the loop any more, and waits for those who have.
    private func close() {
        var current = LoopState(bits: state.bitwiseAnd(~LoopState.openBit, ordering: .acquiringAndReleasing).newValue)
        var spins = 0
        while current.members > 0 {
            spins += 1
            if spins < Self.spinLimit { swiftlet_pause() } else { NativeThread.yield() }
            current = LoopState(bits: state.load(ordering: .acquiring))
        }
    }

    private static let spinLimit = 2000

    private static let placeStride = 128 / MemoryLayout<Int>.size

    /// Works on the thread's own share of the items, which lie side by side, then on what is left of the others'.
    private func work(_ count: Int, _ body: (Int, Int) -> Void, thread: Int) {
        for offset in 0..<threads {
            let owner = (thread + offset) % threads
            let (place, end) = (places + owner * Self.placeStride, count * (owner + 1) / threads)
            // A share that is used up is only looked at: writing would take its line from the others.
            while place.pointee.load(ordering: .relaxed) < end {
                let item = place.pointee.wrappingAdd(1, ordering: .relaxed).oldValue
                guard item < end else { break }
                body(item, thread)
            }
        }
    }

    private func workerLoop(_ index: Int) {
        var last = LoopState(bits: 0)
        while let joined = join(after: last) {
            last = joined
            if let job { work(job.count, job.body, thread: index) }
            state.subtract(LoopState.member, ordering: .releasing)
        }
        exited.add(1, ordering: .releasing)
    }

    /// Joins the next loop that is open, or nil when the pool ends.
    private func join(after last: LoopState) -> LoopState? {
        while !stopping.load(ordering: .acquiring) {
            let current = waitForLoop(after: last)
            guard current.isOpen, current.number != last.number else { continue }
            let joined = LoopState(bits: current.bits + LoopState.member)
            if state.compareExchange(
                expected: current.bits, desired: joined.bits, ordering: .acquiringAndReleasing
            ).exchanged {
                return joined
            }
        }
        return nil
    }

    /// Spins, and then sleeps, until another loop than `last` is open or the pool ends.
    private func waitForLoop(after last: LoopState) -> LoopState {
        func isOver(_ current: LoopState) -> Bool {
            (current.isOpen && current.number != last.number) || stopping.load(ordering: .sequentiallyConsistent)
        }
        for _ in 0..<Self.spinLimit {
            let current = LoopState(bits: state.load(ordering: .acquiring))
            if isOver(current) { return current }
            swiftlet_pause()
        }
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        sleepers.add(1, ordering: .sequentiallyConsistent)
        defer { sleepers.subtract(1, ordering: .sequentiallyConsistent) }
        while true {
            let current = LoopState(bits: state.load(ordering: .sequentiallyConsistent))
            if isOver(current) { return current }
            pthread_cond_wait(condition, mutex)
        }
    }

    private func wakeAll() {
        pthread_mutex_lock(mutex)
        pthread_cond_broadcast(condition)
        pthread_mutex_unlock(mutex)
    }
}

/// A loop's number, whether workers may still join it, and how many have and not left, in one word.
private struct LoopState {
    let bits: Int

    static let member = 1
    static let openBit = 1 << 16

    var members: Int { bits & (Self.openBit - 1) }
    var isOpen: Bool { bits & Self.openBit != 0 }
    var number: Int { bits >> 17 }

    /// The loop after this one, which nobody has joined.
    var next: LoopState { LoopState(bits: (bits >> 17 &+ 1) << 17 | Self.openBit) }
}
