import Synchronization
import Testing

@testable import Tensors

@Suite struct ThreadPoolTests {
    @Test("Every item runs once, on a thread that is its own", arguments: [1, 2, 3, 16, 64])
    func runsEveryItemOnce(threads: Int) {
        let pool = ThreadPool(threads: threads, mayExceedMachine: true)
        #expect(pool.threads == threads)
        for count in [0, 1, 2, 3, 63, 64, 65, 1000] {
            let busy = (0..<threads).map { _ in Cell() }
            let runs = (0..<count).map { _ in Cell() }
            pool.run(count) { item, thread in
                // Two threads with one number would share scratch memory.
                #expect(busy[thread].value.add(1, ordering: .relaxed).oldValue == 0)
                runs[item].value.add(1, ordering: .relaxed)
                busy[thread].value.subtract(1, ordering: .relaxed)
            }
            #expect(runs.allSatisfy { $0.value.load(ordering: .relaxed) == 1 })
        }
    }

    @Test("What a loop writes is seen by the next", arguments: [2, 5])
    func ordersLoops(threads: Int) {
        let pool = ThreadPool(threads: threads, mayExceedMachine: true)
        let values = UnsafeMutablePointer<Int>.allocate(capacity: 64)
        defer { values.deallocate() }
        values.initialize(repeating: 0, count: 64)
        for loop in 0..<2000 {
            // Each item reads what another thread may have written in the loop before.
            let shift = loop % 2 == 0 ? 0 : 32
            pool.runUnchecked(32) { item, _ in values[item + shift] = values[(item + 7) % 32 + (32 - shift)] + 1 }
        }
        #expect((0..<32).allSatisfy { values[$0] == 1999 && values[$0 + 32] == 2000 })
    }

    @Test("A thread that is held up leaves the rest of its share to the others", arguments: [2, 3])
    func helpsOut(threads: Int) {
        let pool = ThreadPool(threads: threads, mayExceedMachine: true)
        let (count, done, heldUp) = (64, Cell(), Cell())
        let deadline = ContinuousClock.now + .seconds(20)
        // The first item is the beginning of a share, and ends after all others.
        pool.run(count) { item, _ in
            if item == 0 {
                while done.value.load(ordering: .acquiring) < count - 1, .now < deadline { NativeThread.yield() }
                heldUp.value.store(done.value.load(ordering: .acquiring), ordering: .relaxed)
            } else {
                done.value.add(1, ordering: .releasing)
            }
        }
        #expect(heldUp.value.load(ordering: .relaxed) == count - 1)
    }

    @Test("Threads that sleep are woken")
    func wakesSleepers() async throws {
        let pool = ThreadPool(threads: 2, mayExceedMachine: true)
        for _ in 0..<5 {
            try await Task.sleep(for: .milliseconds(5))
            let runs = (Cell(), Cell())
            // Neither item ends before the other has begun.
            let begun = Cell()
            pool.run(2) { _, thread in
                begun.value.add(1, ordering: .relaxed)
                while begun.value.load(ordering: .relaxed) < 2 { NativeThread.yield() }
                (thread == 0 ? runs.0 : runs.1).value.add(1, ordering: .relaxed)
            }
            #expect(runs.0.value.load(ordering: .relaxed) == 1 && runs.1.value.load(ordering: .relaxed) == 1)
        }
    }

    @Test("More threads than processors are not started")
    func keepsToTheMachine() {
        #expect(ThreadPool(threads: 4096).threads == ThreadPool.machineThreads)
        #expect(ThreadPool(threads: 0).threads == 1)
    }

    #if os(Linux)
        @Test("Limits of the process and of its container")
        func readsLimits() {
            #expect(ThreadPool.allowedProcessors("Cpus_allowed:\tff,0000000f\n") == 12)
            #expect(ThreadPool.allowedProcessors(nil) == nil)
            #expect(ThreadPool.wholeProcessors("max 100000\n") == nil)
            #expect(ThreadPool.wholeProcessors("150000 100000\n") == 2)
            #expect(ThreadPool.wholeProcessors("200000 100000\n") == 2)
            #expect(ThreadPool.wholeProcessors("9223372036854775807 1\n") == .max)
            #expect(ThreadPool.wholeProcessors("nonsense") == nil)
        }
    #endif

    @Test("A pool that nobody holds ends, whether its workers slept or worked")
    func poolsEnd() {
        for isUsed in [false, true] {
            weak var last: ThreadPool?
            do {
                let pool = ThreadPool(threads: 4, mayExceedMachine: true)
                last = pool
                if isUsed { pool.run(1000) { _, _ in } }
            }
            #expect(last == nil)
        }
    }

    private final class Cell: Sendable {
        let value = Atomic<Int>(0)
    }

    @Test func thoseWhoShareAPoolTakeTurns() async {
        let pool = ThreadPool.shared(threads: 2)
        #expect(ThreadPool.shared(threads: 2) === pool)
        let (inside, runs) = (Cell(), Cell())
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    for _ in 0..<50 {
                        pool.takeTurn {
                            #expect(inside.value.add(1, ordering: .relaxed).newValue == 1)
                            pool.run(64) { _, _ in runs.value.add(1, ordering: .relaxed) }
                            inside.value.subtract(1, ordering: .relaxed)
                        }
                    }
                }
            }
        }
        #expect(runs.value.load(ordering: .relaxed) == 4 * 50 * 64)
    }
}
