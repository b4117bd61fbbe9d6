// The protocol documents these methods.

import Platform

/// Plain arithmetic on rows of f32, one loop per formula; recurrent states are f64, so that their errors are none of the
/// tests': what the fast operations are tested against.
package final class ReferenceOperations: Operations {
    package typealias Vector = [Float]
    package typealias Table = MatrixSource

    /// Rows of f32.
    package struct Activations {
        /// `[tokens * width]`, row after row.
        package var values: [Float]
        /// The length of a row.
        package var width: Int
        var tokens: Int { width == 0 ? 0 : values.count / width }

        func row(_ index: Int) -> ArraySlice<Float> { values[index * width..<(index + 1) * width] }
    }

    /// Decoded weights.
    package struct Matrix {
        let values: [Float]
        let columns: Int
        let bias: [Float]?
        var rows: Int { columns == 0 ? 0 : values.count / columns }
    }

    /// Keys and values by layer and position, states by name.
    package final class Cache {
        var keys: [Int: [[Float]]] = [:]
        var values: [Int: [[Float]]] = [:]
        var states: [StateReference: [Double]] = [:]

        /// An empty sequence.
        package init() {}
    }

    /// Cosines and sines, one row per token.
    package struct Rotation {
        let cosines: [[Float]]
        let sines: [[Float]]
    }

    /// Makes the operations; they hold no state.
    package init() {}

    package func makeMatrix(_ source: MatrixSource, bias: [Float]?, adapter: LowRankUpdate?) -> Matrix {
        var values = source.decoded()
        if let adapter {
            let (up, down, rank) = (adapter.up.decoded(), adapter.down.decoded(), adapter.down.rows)
            for index in values.indices {
                let (row, column) = (index / source.columns, index % source.columns)
                let sum = (0..<rank).reduce(Float(0)) { $0 + up[row * rank + $1] * down[$1 * source.columns + column] }
                values[index] += adapter.scale * sum
            }
        }
        return Matrix(values: values, columns: source.columns, bias: bias)
    }

    package func makeVector(_ values: [Float]) -> [Float] { values }

    package func makeTable(_ source: MatrixSource) -> MatrixSource { source }

    package func reserve(_ cache: Cache, positions: Range<Int>) {}

    /// Runs `step` for each row in the order of its sequence with the sequence's state, which begins as zeros.
    func forEachRow(
        _ spans: [BatchSpan<Cache>], _ reference: StateReference, count: Int,
        _ step: (_ row: Int, _ state: inout [Double]) -> Void
    ) {
        for span in spans {
            var state = span.cache.states[reference] ?? [Double](repeating: 0, count: count)
            for row in span.rows { step(row, &state) }
            span.cache.states[reference] = state
        }
    }

    package func embed(_ tokens: [Int32], _ table: MatrixSource) -> Activations {
        var values = [Float](repeating: 0, count: tokens.count * table.columns)
        values.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            for (index, token) in tokens.enumerated() {
                table.decodeRow(Int(token), into: base + index * table.columns)
            }
        }
        return Activations(values: values, width: table.columns)
    }

    package func constant(_ values: [Float], width: Int) -> Activations { Activations(values: values, width: width) }

    package func broadcast(_ vector: [Float], rows: Int) -> Activations {
        Activations(values: (0..<rows).flatMap { _ in vector }, width: vector.count)
    }

    package func project(_ input: Activations, _ matrices: [Matrix]) -> [Activations] {
        matrices.map { matrix in
            var output = Activations(values: [], width: matrix.rows)
            for token in 0..<input.tokens {
                let row = Array(input.row(token))
                for r in 0..<matrix.rows {
                    var sum: Float = 0
                    for c in 0..<matrix.columns { sum += matrix.values[r * matrix.columns + c] * row[c] }
                    output.values.append(sum + (matrix.bias?[r] ?? 0))
                }
            }
            return output
        }
    }

    package func normalize(_ input: Activations, _ norm: Norm<[Float]>, groups: Int) -> Activations {
        var output = input
        let width = input.width / groups
        for group in 0..<input.tokens * groups {
            let part = input.values[group * width..<(group + 1) * width].map(Double.init)
            let mean = norm.kind == .deviation ? part.reduce(0, +) / Double(width) : 0
            let variance = part.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(width)
            let factor = 1 / (Float(variance) + norm.epsilon).squareRoot()
            for c in 0..<width {
                let column = group % groups * width + c
                let weight = norm.weight.map { $0[column % $0.count] } ?? 1
                let bias = norm.bias.map { $0[column % $0.count] } ?? 0
                output.values[group * width + c] = Float(part[c] - mean) * factor * weight + bias
            }
        }
        return output
    }

    package func select(_ input: Activations, rows: [Int]) -> Activations {
        Activations(values: rows.flatMap { Array(input.row($0)) }, width: input.width)
    }

    package func read(_ input: Activations) -> [Float] { input.values }

    package func scope(_ body: () -> Void) { body() }
}
