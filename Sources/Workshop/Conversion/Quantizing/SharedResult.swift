import Checkpoints
import Synchronization

/// What several tensors are made of: computed when the first of them is written, let go of after the last.
final class SharedResult<Value: Sendable>: Sendable {
    private let uses: Int
    private let make: @Sendable () throws(CheckpointError) -> Value
    private let stored = Mutex<(value: Value, uses: Int)?>(nil)

    /// - Parameters:
    ///   - uses: How many tensors ask for it.
    ///   - make: Computes it.
    init(uses: Int, _ make: @escaping @Sendable () throws(CheckpointError) -> Value) {
        (self.uses, self.make) = (uses, make)
    }

    func value() throws(CheckpointError) -> Value {
        let found = stored.withLock { $0 }
        let value: Value
        if let found { value = found.value } else { value = try make() }
        let count = (found?.uses ?? 0) + 1
        stored.withLock { $0 = count < uses ? (value, count) : nil }
        return value
    }
}
