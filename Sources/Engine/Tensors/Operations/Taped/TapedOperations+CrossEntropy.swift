import CKernels
import Platform

/// What becomes of the products of the last matrix before they are logits.
package struct LogitShape: Sendable {
    /// Their factor.
    package var scale: Float = 1
    /// Logits become cap * tanh(logit / cap), after the scaling; nil for none.
    package var softCap: Float?

    /// The products as they are, unless told otherwise.
    package init(scale: Float = 1, softCap: Float? = nil) {
        self.scale = scale
        self.softCap = softCap
    }
}

extension TapedOperations {
    /// The sum over all rows of weight x -log softmax(logits)[target], and the gradient of `factor` times it, which is led
    /// back at once: logits of a few rows at a time are all that is ever in memory.
    package func crossEntropy(
        _ input: TapedRows, _ matrix: TapedMatrix, targets: [Int32], weights: [Float], factor: Float,
        shape: LogitShape = LogitShape()
    ) -> Double {
        let (vocabulary, width) = (matrix.rows, input.width)
        let isTracked = isRecording && (input.isTracked || matrix.isTrainable)
        let rows = max(42, min(input.tokens, (1 << 22) / vocabulary))
        var sum = 0.0
        for first in stride(from: 0, to: input.tokens, by: rows) {
            let count = min(rows, input.tokens - first)
            let logits = make(count, vocabulary, isTracked: false)
            let change = fill(logits.values, matrix, input.values + first * width, count)
            var losses = [Float](repeating: 0, count: count)
            losses.withUnsafeMutableBufferPointer { losses in
                let losses = losses
                forEachRow(count, width: vocabulary) { row in
                    let weight = weights[first + row]
                    losses[row] =
                        weight
                        * entropy(
                            logits.row(row), vocabulary, target: Int(targets[first + row]), factor: factor * weight,
                            shape)
                }
            }
            sum += losses.reduce(0) { $0 + Double($1) }
            if isTracked {
                lead(
                    logits.values, through: matrix, input.values + first * width, count, change, to: input,
                    first: first)
            }
        }
        return sum
    }

    /// The loss of one row, whose products become the gradient of `factor` times it.
    private func entropy(
        _ row: UnsafeMutablePointer<Float>, _ count: Int, target: Int, factor: Float, _ shape: LogitShape
    ) -> Float {
        if shape.scale != 1 { for index in 0..<count { row[index] *= shape.scale } }
        if let cap = shape.softCap { for index in 0..<count { row[index] = cap * tanhf(row[index] / cap) } }
        let logarithm = kernels.log_sum_exp(row, count)
        let loss = logarithm - row[target]
        for index in 0..<count {
            let share = expf(row[index] - logarithm) - (index == target ? 1 : 0)
            let slope = shape.softCap.map { 1 - row[index] / $0 * (row[index] / $0) } ?? 1
            row[index] = factor * share * slope * shape.scale
        }
        return loss
    }
}
