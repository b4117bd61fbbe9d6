import Synchronization

/// Working memory that one call leaves for the next; a call that finds it taken makes its own.
final class Reusable<Value: Sendable>: Sendable {
    private let kept = Mutex<Value?>(nil)
    private let make: @Sendable () -> Value

    init(_ make: @escaping @Sendable () -> Value) { self.make = make }

    /// Calls `body` with working memory that nobody else uses.
    func withValue<Result>(_ body: (inout Value) -> Result) -> Result {
        var value = kept.withLock { $0.take() } ?? make()
        defer { kept.withLock { $0 = value } }
        return body(&value)
    }
}
