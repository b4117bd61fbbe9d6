import Quantization
package import Tensors

/// Searches which kind each matrix gets, so that all tensors together keep to a size and the errors are small.
///
/// Every kind is tried on a sample of each matrix' rows. From the smallest kinds on, the step that takes the most error off
/// for its bytes is taken next; along the lower convex hull of each matrix' choices that is the best that can be had, up to
/// one step. Errors are the squares of what rounding changes by those of the weights, so that all matrices count alike.
package struct MixSearch: Sendable {
    /// The kinds that are tried, as far as rows are whole blocks of them.
    static let candidates: [DataType] = [
        .q2K, .q3K, .iq4XS, .q4K, .q5K, .q6K, .iq4NL, .q4x0, .q4x1, .q5x0, .q5x1, .q8x0, .f16,
    ]
    /// Rows of a matrix that are tried.
    private static let sampledRows = 256

    private struct Choice {
        let kind: DataType
        let bytes: Int
        let error: Double
    }

    private let importance: ImportanceMatrix?
    private let pool: ThreadPool

    /// Makes a search; `importance` is what the matrices will be quantized with.
    package init(importance: ImportanceMatrix? = nil, threads: Int? = nil) {
        self.importance = importance
        pool = ThreadPool(threads: threads ?? ThreadPool.machineThreads)
    }

    /// The kinds of the matrices of a model by their names.
    ///
    /// - Parameter byteCount: The most bytes that all tensors may take.
    /// - Throws: `CheckpointError` if the smallest kinds take more than that.
    package func kinds(of model: GGUFContents, byteCount: Int) throws(CheckpointError) -> [String: DataType] {
        var (rest, steps): (Int, [(name: String, choice: Choice, gain: Double, bytes: Int)]) = (byteCount, [])
        var kinds: [String: DataType] = [:]
        for tensor in model.tensors {
            let isMatrix = tensor.dataType.isWeightType && MixRules.mayQuantize(tensor.name, shape: tensor.shape)
            let hull = isMatrix ? Self.hull(try choices(for: tensor)) : []
            guard let first = hull.first else {
                rest -= tensor.dataType.byteCount(elements: tensor.rows * tensor.columns) ?? 0
                continue
            }
            kinds[tensor.name] = first.kind
            rest -= first.bytes
            for (before, choice) in zip(hull, hull.dropFirst()) {
                let bytes = choice.bytes - before.bytes
                steps.append((tensor.name, choice, (before.error - choice.error) / Double(bytes), bytes))
            }
        }
        guard rest >= 0 else {
            throw CheckpointError(
                path: model.tensors.first?.origin ?? "",
                reason: "\(byteCount) bytes are asked for, the smallest kinds take \(byteCount - rest)",
                remedy: "Ask for more")
        }
        // Within a matrix gains fall from step to step, so that its steps come in order; a step that does not fit ends it.
        var ended: Set<String> = []
        for step in steps.sorted(by: { $0.gain > $1.gain }) where !ended.contains(step.name) {
            if step.bytes > rest {
                ended.insert(step.name)
            } else {
                kinds[step.name] = step.choice.kind
                rest -= step.bytes
            }
        }
        return kinds
    }

    /// What each kind would take, and how far its weights would be off.
    private func choices(for tensor: TensorRows) throws(CheckpointError) -> [Choice] {
        let count = min(tensor.rows, Self.sampledRows)
        let first = (tensor.rows - count) / 2
        let sample = tensor.rows(first..<first + count, shape: [count, tensor.columns])
        var weights = try importance?.values(for: tensor)
        // Of stacked experts the one in the middle is tried.
        if let all = weights, all.count > tensor.columns {
            let matrix = first / max(1, tensor.rows / (all.count / tensor.columns)) * tensor.columns
            weights = Array(all[matrix..<matrix + tensor.columns])
        }
        var result: [Choice] = []
        for kind in Self.candidates where tensor.columns % kind.blockSize == 0 {
            guard let encoder = BlockEncoder(kind),
                let bytes = kind.byteCount(elements: tensor.rows * tensor.columns)
            else { continue }
            let writer = RowWriter(source: sample, encoder: encoder, importance: weights, pool: pool)
            let errors = try writer.write { _ in }
            guard errors.isHeld else { continue }
            result.append(Choice(kind: kind, bytes: bytes, error: errors.relative * errors.relative))
        }
        return result
    }

    /// The choices that no mixture of two others beats, the smallest first.
    private static func hull(_ choices: [Choice]) -> [Choice] {
        var hull: [Choice] = []
        for choice in choices.sorted(by: { ($0.bytes, $0.error) < ($1.bytes, $1.error) }) {
            if let last = hull.last, choice.bytes == last.bytes || choice.error >= last.error { continue }
            while hull.count > 1 {
                let (a, b) = (hull[hull.count - 2], hull[hull.count - 1])
                let along = (a.error - choice.error) / Double(choice.bytes - a.bytes)
                guard (a.error - b.error) / Double(b.bytes - a.bytes) <= along else { break }
                hull.removeLast()
            }
            hull.append(choice)
        }
        return hull
    }
}
