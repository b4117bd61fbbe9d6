import Checkpoints
import Synchronization
import Tensors

extension TensorRows {
    /// Makes the bytes of each row on all threads and hands them over some megabytes at a time.
    ///
    /// - Throws: `CheckpointError` if there are numbers that are not finite.
    func forEachRow(
        bytesPerRow: Int, pool: ThreadPool,
        _ make: @Sendable (_ row: Int, _ values: UnsafeBufferPointer<Float>, _ output: UnsafeMutableRawPointer) -> Void,
        _ body: (UnsafeRawBufferPointer) -> Void
    ) throws(CheckpointError) {
        let slab = max(1, min(rows, (8 << 20) / max(4 * columns, bytesPerRow)))
        let output = UnsafeMutableRawBufferPointer.allocate(byteCount: slab * bytesPerRow, alignment: 64)
        defer { output.deallocate() }
        guard let base = output.baseAddress else { return }
        // Each item writes rows of its own.
        nonisolated(unsafe) let start = base
        let isFinite = Mutex(true)
        for first in stride(from: 0, to: rows, by: slab) {
            let count = min(slab, rows - first)
            pool.run(count) { row, _ in
                withUnsafeTemporaryAllocation(of: Float.self, capacity: columns) { values in
                    guard let base = values.baseAddress else { return }
                    decodeRows(first + row..<first + row + 1, into: base)
                    guard values.allSatisfy(\.isFinite) else { return isFinite.withLock { $0 = false } }
                    make(first + row, UnsafeBufferPointer(values), start + row * bytesPerRow)
                }
            }
            guard isFinite.withLock({ $0 }) else {
                throw CheckpointError(
                    path: origin, reason: "it holds infinite numbers, or what is none (NaN)",
                    remedy: "The model is damaged; get it again")
            }
            body(UnsafeRawBufferPointer(start: base, count: count * bytesPerRow))
        }
    }

    /// Some numbers for each row, made on all threads.
    func numbersOfRows(
        _ count: Int, pool: ThreadPool,
        _ make: @Sendable (_ values: UnsafeBufferPointer<Float>, _ output: UnsafeMutableBufferPointer<Float>) -> Void
    ) throws(CheckpointError) -> [Float] {
        var result: [Float] = []
        result.reserveCapacity(rows * count)
        try forEachRow(bytesPerRow: 4 * count, pool: pool) { _, values, output in
            let numbers = output.bindMemory(to: Float.self, capacity: count)
            make(values, UnsafeMutableBufferPointer(start: numbers, count: count))
        } _: {
            result += $0.bindMemory(to: Float.self)
        }
        return result
    }

    /// All numbers of a matrix, none of them infinite.
    func finiteNumbers(pool: ThreadPool) throws(CheckpointError) -> [Float] {
        try numbersOfRows(columns, pool: pool) { values, output in _ = output.update(fromContentsOf: values) }
    }
}
