import Platform
import Tensors

/// Adam whose squares are kept as a row and a column of each matrix (Shazeer & Stern 2018), as transformers' trainer sets it up:
/// with the recipe's learning rate, no first moment, and no scaling by the size of the weights.
struct Adafactor: OptimizerRule {
    /// Added to squares.
    private static let epsilon: Float = 1e-30

    /// The matrices that a parameter is a stack of; nil for vectors.
    private func matrices(_ parameter: Parameter) -> (count: Int, rows: Int, columns: Int)? {
        let shape = parameter.shape
        guard shape.count >= 2, let columns = shape.last, parameter.count > 0 else { return nil }
        let rows = shape[shape.count - 2]
        return (parameter.count / (rows * columns), rows, columns)
    }

    func states(of parameter: Parameter) -> [OptimizerState] {
        guard matrices(parameter) != nil else { return [OptimizerState("second", shape: parameter.shape)] }
        let (outer, columns) = (Array(parameter.shape.dropLast(2)), parameter.shape.suffix(1))
        return [
            OptimizerState("second_rows", shape: Array(parameter.shape.dropLast())),
            OptimizerState("second_columns", shape: outer + columns),
        ]
    }

    func update(_ parameter: Parameter, _ states: [OptimizerState], _ update: ParameterUpdate) {
        let kept = Float(1 - pow(Double(update.number), -0.8))
        let (values, gradient, count) = (parameter.values, parameter.gradient, parameter.count)
        if update.gradientScale != 1 { for index in 0..<count { gradient[index] *= update.gradientScale } }
        if let matrices = matrices(parameter) {
            for matrix in 0..<matrices.count {
                factored(
                    matrix, rows: matrices.rows, columns: matrices.columns, gradient, states[0].values,
                    states[1].values, kept: kept)
            }
        } else {
            let squares = states[0].values
            for index in 0..<count {
                squares[index] =
                    kept * squares[index] + (1 - kept) * (gradient[index] * gradient[index] + Self.epsilon)
                gradient[index] /= squares[index].squareRoot()
            }
        }
        // What was the gradient is the change now; no change is larger than 1 in the mean of squares.
        let sum = gradient.reduce(0.0) { $0 + Double($1) * Double($1) }
        let size = update.rate / max(1, Float((sum / Double(max(count, 1))).squareRoot()))
        let shrunk = 1 - update.rate * update.decay
        update.forEachPart(count) { part in
            for index in part { values[index] = values[index] * shrunk - size * gradient[index] }
        }
    }

    /// Turns a matrix' gradient into its change.
    private func factored(
        _ matrix: Int, rows: Int, columns: Int, _ gradient: UnsafeMutableBufferPointer<Float>,
        _ rowSquares: UnsafeMutableBufferPointer<Float>, _ columnSquares: UnsafeMutableBufferPointer<Float>,
        kept: Float
    ) {
        let (start, firstRow, firstColumn) = (matrix * rows * columns, matrix * rows, matrix * columns)
        var sums = [Float](repeating: 0, count: columns)
        var total: Float = 0
        for row in 0..<rows {
            var sum: Float = 0
            for column in 0..<columns {
                let slope = gradient[start + row * columns + column]
                let square = slope * slope + Self.epsilon
                sum += square
                sums[column] += square
            }
            let squares = kept * rowSquares[firstRow + row] + (1 - kept) * sum / Float(columns)
            rowSquares[firstRow + row] = squares
            total += squares
        }
        for column in 0..<columns {
            let squares = kept * columnSquares[firstColumn + column] + (1 - kept) * sums[column] / Float(rows)
            columnSquares[firstColumn + column] = squares
            sums[column] = 1 / squares.squareRoot()
        }
        let mean = total / Float(rows)
        for row in 0..<rows {
            let factor = 1 / (rowSquares[firstRow + row] / mean).squareRoot()
            for column in 0..<columns { gradient[start + row * columns + column] *= factor * sums[column] }
        }
    }
}
