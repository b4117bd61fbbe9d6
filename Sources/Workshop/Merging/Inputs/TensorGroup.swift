import Checkpoints
import Synchronization
import Tensors

/// The inputs of one tensor of the result, all of one shape, read in chunks of whole rows by all threads.
package struct TensorGroup: Sendable {
    /// The tensors to merge, in the order of the configuration.
    package let inputs: [any TensorReader]
    /// The place of the base among them.
    package let base: Int?
    /// The name of the result.
    package let name: String
    let pool: ThreadPool

    var shape: [Int] { inputs.first?.shape ?? [] }
    var count: Int { inputs.first?.count ?? 0 }
    var rowLength: Int { inputs.first?.rowLength ?? 1 }
    /// The places of the inputs that are not the base.
    var others: [Int] { inputs.indices.filter { $0 != base } }

    /// The inputs' values of a chunk.
    typealias Values = [UnsafeBufferPointer<Float>]

    /// The chunks: about a quarter of a million elements each, or one row.
    var chunks: [Range<Int>] {
        let step = max(1, (1 << 18) / rowLength) * rowLength
        return stride(from: 0, to: count, by: step).map { $0..<min(count, $0 + step) }
    }

    /// Works on all chunks, some at the same time, and hands the results to `collect` in their order.
    func scan<Result: Sendable>(
        _ body: @Sendable (Range<Int>, Values) throws(CheckpointError) -> Result,
        collect: (Result) throws(CheckpointError) -> Void
    ) throws(CheckpointError) {
        let chunks = chunks
        let batch = 2 * pool.threads
        for first in stride(from: 0, to: chunks.count, by: batch) {
            let part = Array(chunks[first..<min(chunks.count, first + batch)])
            let results = Mutex([Swift.Result<Result, CheckpointError>?](repeating: nil, count: part.count))
            pool.run(part.count) { item, _ in
                let result: Swift.Result<Result, CheckpointError>
                do throws(CheckpointError) {
                    result = .success(
                        try withValues(part[item]) { (values) throws(CheckpointError) in
                            try body(part[item], values)
                        })
                } catch {
                    result = .failure(error)
                }
                results.withLock { $0[item] = result }
            }
            for result in results.withLock({ $0 }) {
                if let result { try collect(try result.get()) }
            }
        }
    }

    /// Reads a chunk of all inputs.
    private func withValues<Result>(
        _ range: Range<Int>, _ body: (Values) throws(CheckpointError) -> Result
    ) throws(CheckpointError) -> Result {
        let storage = UnsafeMutableBufferPointer<Float>.allocate(capacity: max(1, range.count * inputs.count))
        defer { storage.deallocate() }
        var values: Values = []
        for (index, input) in inputs.enumerated() {
            let part = UnsafeMutableBufferPointer(
                rebasing: storage[index * range.count..<(index + 1) * range.count])
            part.initialize(repeating: 0)
            try input.read(range, into: part)
            values.append(UnsafeBufferPointer(part))
        }
        return try body(values)
    }
}
