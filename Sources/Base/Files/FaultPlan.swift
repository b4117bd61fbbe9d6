import Platform
import Synchronization

/// Lets one of the steps that bring bytes to the disk fail, as a full or a broken disk would: for tests.
///
/// Whatever writes while a plan is `current` goes by it, on other threads too if it was opened here.
package final class FaultPlan: Sendable {
    /// What is asked of the system.
    package enum Step: Sendable {
        case createFolder, create, write, synchronize, link, rename
    }

    /// What goes wrong.
    package enum Fault: Sendable, Hashable {
        /// One step fails with an error of the system.
        case failure(Int32)
        /// One write takes a part of its bytes, which is no error.
        case shortWrite
        /// One write takes a part of its bytes, and nothing that needs room succeeds after it.
        case diskFull
    }

    /// The plan of this task.
    @TaskLocal package static var current: FaultPlan?

    private let fault: Fault
    private let place: Int
    private let taken = Mutex<[Step]>([])

    /// Plans a fault at the step of this number, counted from 0; at none, to count them.
    package init(_ fault: Fault = .shortWrite, atStep place: Int = .max) { (self.fault, self.place) = (fault, place) }

    /// The steps so far.
    package var steps: [Step] { taken.withLock { $0 } }

    /// Runs `body` as it is, and then with every kind of fault at every one of its steps, each time after `prepare`; `check` sees
    /// the fault and the error that came of it, if any.
    package static func sweep(
        prepare: () throws -> Void = {}, _ body: () async throws -> Void,
        check: (_ fault: Fault?, _ step: Step?, _ error: (any Error)?) throws -> Void
    ) async throws {
        try prepare()
        let count = FaultPlan()
        try await $current.withValue(count) { try await body() }
        try check(nil, nil, nil)
        for (place, step) in count.steps.enumerated() {
            for fault in [.failure(EIO), .failure(ENOSPC), .shortWrite, .diskFull] as [Fault] {
                try prepare()
                var failure: (any Error)?
                do {
                    try await $current.withValue(FaultPlan(fault, atStep: place)) { try await body() }
                } catch {
                    failure = error
                }
                try check(fault, step, failure)
            }
        }
    }

    /// Takes a step: the error with which it fails, and whether a write takes a part of its bytes only.
    private func take(_ step: Step) -> (code: Int32?, isShort: Bool) {
        let number = taken.withLock { steps in
            steps.append(step)
            return steps.count - 1
        }
        switch fault {
        case .failure(let code): return (number == place ? code : nil, false)
        case .shortWrite: return (nil, number == place && step == .write)
        case .diskFull:
            guard number >= place, step != .rename else { return (nil, false) }
            return number == place && step == .write ? (nil, true) : (ENOSPC, false)
        }
    }

    /// Makes `step` fail if that is planned; `call` returns a negative number, and sets `errno`, if it fails by itself.
    static func attempt(_ step: Step, by plan: FaultPlan? = current, _ call: () -> Int32) -> Int32 {
        if let code = plan?.take(step).code {
            errno = code
            return -1
        }
        return call()
    }

    /// C's `write`, of a gibibyte at most, which is what every system takes at once.
    static func write(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer, _ plan: FaultPlan?) -> Int {
        var count = min(bytes.count, 1 << 30)
        if let (code, isShort) = plan?.take(.write) {
            if let code {
                errno = code
                return -1
            }
            if isShort { count = (count + 1) / 2 }
        }
        return Platform.write(descriptor, bytes.baseAddress, count)
    }
}
