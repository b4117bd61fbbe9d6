import Platform
package import Tensors

/// What columns are multiplied with before they are rounded, and their inputs divided by, so that those with large inputs are
/// rounded more finely: AWQ (arXiv:2306.00978).
package struct ActivationScales: Sendable {
    /// The sums of products of what each two columns are multiplied with, [columns, columns].
    private let products: [Float]
    private let columns: Int
    private let groupSize: Int
    private let pool: ThreadPool

    /// Powers of the inputs' size that are tried: so many parts of 1.
    private static let steps = 20
    /// Rows of a matrix that are tried.
    private static let sampledRows = 64

    package init(products: [Float], columns: Int, groupSize: Int, pool: ThreadPool) {
        (self.products, self.columns, self.groupSize, self.pool) = (products, columns, groupSize, pool)
    }

    /// The power of the root mean squares of the inputs with which the outputs of all matrices are off by the least.
    ///
    /// - Parameter matrices: [rows, columns], all multiplied with the same inputs.
    /// - Returns: One factor for each column, above zero; all 1 if the inputs are not known.
    package func search(_ matrices: [[Float]]) -> [Float] {
        let ones = [Float](repeating: 1, count: columns)
        let squares = (0..<columns).map { products[$0 * (columns + 1)] }
        guard squares.allSatisfy(\.isFinite), squares.contains(where: { $0 > 0 }) else { return ones }
        let rows = matrices.flatMap(sample)
        var (best, least) = (ones, Double.infinity)
        for step in 0..<Self.steps {
            let scales = Self.scales(squares, power: Float(step) / Float(Self.steps))
            let error = error(rows, scales, squares)
            if error < least { (best, least) = (scales, error) }
        }
        return best
    }

    /// Some rows from all over a matrix.
    private func sample(_ matrix: [Float]) -> [ArraySlice<Float>] {
        let count = matrix.count / columns
        let sampled = min(count, Self.sampledRows)
        return (0..<sampled).map { index in
            let row = index * count / sampled
            return matrix[row * columns..<(row + 1) * columns]
        }
    }

    /// Powers of sizes, brought to as much above 1 as below.
    private static func scales(_ squares: [Float], power: Float) -> [Float] {
        let mean = squares.reduce(0, +) / Float(squares.count)
        let raw = squares.map { Swift.max(1e-4, Platform.pow(Double($0 / mean), Double(power) / 2)) }
        let (least, most) = (raw.min() ?? 1, raw.max() ?? 1)
        return raw.map { Float($0 / (least * most).squareRoot()) }
    }

    /// By how much products with rounded rows are off, squared and summed over the tokens.
    private func error(_ rows: [ArraySlice<Float>], _ scales: [Float], _ squares: [Float]) -> Double {
        let importance = zip(squares, scales).map { $0 / ($1 * $1) }
        var errors = [Double](repeating: 0, count: rows.count)
        errors.withUnsafeMutableBufferPointer { errors in
            // Each item writes a number of its own.
            nonisolated(unsafe) let results = errors
            pool.run(rows.count) { index, _ in
                results[index] = error(of: differences(rows[index], scales, importance))
            }
        }
        return errors.reduce(0, +)
    }

    /// What rounding changes of a row, without the scales again.
    private func differences(_ row: ArraySlice<Float>, _ scales: [Float], _ importance: [Float]) -> [Float] {
        let scaled = zip(row, scales).map { $0 * $1 }
        var result = [Float](repeating: 0, count: columns)
        scaled.withUnsafeBufferPointer { scaled in
            importance.withUnsafeBufferPointer { importance in
                for start in stride(from: 0, to: columns, by: groupSize) {
                    let group = start..<min(columns, start + groupSize)
                    let range = FourBitGroups.affine(
                        UnsafeBufferPointer(rebasing: scaled[group]),
                        importance: UnsafeBufferPointer(rebasing: importance[group]))
                    for column in group {
                        result[column] = (scaled[column] - range.value(range.code(scaled[column]))) / scales[column]
                    }
                }
            }
        }
        return result
    }

    /// The differences times the products times the differences.
    private func error(of differences: [Float]) -> Double {
        var sums = [Float](repeating: 0, count: columns)
        products.withUnsafeBufferPointer { products in
            sums.withUnsafeMutableBufferPointer { sums in
                for row in 0..<columns where differences[row] != 0 {
                    let (factor, start) = (differences[row], row * columns)
                    for column in 0..<columns { sums[column] += factor * products[start + column] }
                }
            }
        }
        return zip(sums, differences).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
}
