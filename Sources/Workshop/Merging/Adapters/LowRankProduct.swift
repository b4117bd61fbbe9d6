import Synchronization
import Tensors

/// The best product of two thin matrices for a matrix, by a randomized singular value decomposition with power iterations
/// (Halko, Martinsson, Tropp, arXiv:0909.4061); exact where the matrix is hardly larger than the rank.
struct LowRankProduct: Sendable {
    /// [rows, rank], the left vectors times the roots of the singular values.
    let left: [Float]
    /// [rank, columns], the right vectors times the roots of the singular values.
    let right: [Float]
    /// The singular values, largest first.
    let values: [Double]
    /// The share of the matrix' squares that the product has.
    let share: Double

    /// Decomposes a matrix [rows, columns]; what the rank exceeds its sizes by is filled with zeros.
    init(_ matrix: [Float], rows: Int, columns: Int, rank: Int, seed: UInt64, pool: ThreadPool) {
        let width = min(rank + 16, rows, columns)
        var random = NormalRandom(CountedRandom(seed: seed, tensor: "sketch", input: 0))
        var sketch = [Float](repeating: 0, count: columns * width)
        for index in sketch.indices { sketch[index] = random.next() }
        var basis = Self.orthonormal(Self.times(matrix, sketch, rows, columns, width, pool), rows, width)
        var image = Self.transposedTimes(matrix, basis, rows, columns, width, pool)
        if width < min(rows, columns) {
            for _ in 0..<4 {
                let other = Self.orthonormal(image, columns, width)
                basis = Self.orthonormal(Self.times(matrix, other, rows, columns, width, pool), rows, width)
                image = Self.transposedTimes(matrix, basis, rows, columns, width, pool)
            }
        }
        // matrix = basis * image^T, and image^T * image has the squares of the singular values.
        var gram = [Double](repeating: 0, count: width * width)
        for row in 0..<columns {
            for a in 0..<width {
                let value = Double(image[row * width + a])
                for b in 0..<width { gram[a * width + b] += value * Double(image[row * width + b]) }
            }
        }
        let (squares, vectors) = SymmetricEigen.decompose(gram, size: width)
        let total = matrix.reduce(0.0) { $0 + Double($1) * Double($1) }
        let kept = min(rank, width)
        values = squares.prefix(kept).map { max(0, $0).squareRoot() }
        share = total > 0 ? min(1, values.reduce(0) { $0 + $1 * $1 } / total) : 1
        var (left, right) = ([Float](repeating: 0, count: rows * rank), [Float](repeating: 0, count: rank * columns))
        for index in 0..<kept where values[index] > 0 {
            let (root, vector) = (values[index].squareRoot(), vectors[index])
            for row in 0..<rows { left[row * rank + index] = Float(Self.dot(basis, row, vector) * root) }
            for column in 0..<columns {
                right[index * columns + column] = Float(Self.dot(image, column, vector) / root)
            }
        }
        (self.left, self.right) = (left, right)
    }

    private static func dot(_ matrix: [Float], _ row: Int, _ vector: [Double]) -> Double {
        var sum = 0.0
        for index in vector.indices { sum += Double(matrix[row * vector.count + index]) * vector[index] }
        return sum
    }

    /// matrix [rows, columns] times other [columns, width].
    private static func times(
        _ matrix: [Float], _ other: [Float], _ rows: Int, _ columns: Int, _ width: Int, _ pool: ThreadPool
    ) -> [Float] {
        parts(of: rows, pool) { range in
            var result = [Float](repeating: 0, count: range.count * width)
            matrix.withUnsafeBufferPointer { matrix in
                other.withUnsafeBufferPointer { other in
                    result.withUnsafeMutableBufferPointer { result in
                        for row in range {
                            let target = (row - range.lowerBound) * width
                            for column in 0..<columns {
                                let value = matrix[row * columns + column]
                                for index in 0..<width {
                                    result[target + index] += value * other[column * width + index]
                                }
                            }
                        }
                    }
                }
            }
            return result
        }
    }

    /// The transposed of matrix [rows, columns] times other [rows, width].
    private static func transposedTimes(
        _ matrix: [Float], _ other: [Float], _ rows: Int, _ columns: Int, _ width: Int, _ pool: ThreadPool
    ) -> [Float] {
        parts(of: columns, pool) { range in
            var result = [Float](repeating: 0, count: range.count * width)
            matrix.withUnsafeBufferPointer { matrix in
                other.withUnsafeBufferPointer { other in
                    result.withUnsafeMutableBufferPointer { result in
                        for row in 0..<rows {
                            for column in range {
                                let value = matrix[row * columns + column]
                                let target = (column - range.lowerBound) * width
                                for index in 0..<width { result[target + index] += value * other[row * width + index] }
                            }
                        }
                    }
                }
            }
            return result
        }
    }

    /// Puts together what `body` makes of ranges of indices, on all threads.
    private static func parts(
        of count: Int, _ pool: ThreadPool, _ body: @Sendable (Range<Int>) -> [Float]
    ) -> [Float] {
        let size = max(1, (count + 4 * pool.threads - 1) / (4 * pool.threads))
        let ranges = stride(from: 0, to: count, by: size).map { $0..<min(count, $0 + size) }
        let results = Mutex([[Float]](repeating: [], count: ranges.count))
        pool.run(ranges.count) { item, _ in
            let part = body(ranges[item])
            results.withLock { $0[item] = part }
        }
        return results.withLock { $0.flatMap(\.self) }
    }

    /// An orthonormal basis of the columns of a matrix [rows, width], by Gram and Schmidt, done twice for accuracy. Columns that
    /// depend on others become zero.
    private static func orthonormal(_ matrix: [Float], _ rows: Int, _ width: Int) -> [Float] {
        var columns = (0..<width).map { column in (0..<rows).map { Double(matrix[$0 * width + column]) } }
        for index in 0..<width {
            let before = norm(columns[index])
            for _ in 0..<2 {
                for other in 0..<index {
                    let product = zip(columns[index], columns[other]).reduce(0) { $0 + $1.0 * $1.1 }
                    for row in 0..<rows { columns[index][row] -= product * columns[other][row] }
                }
            }
            let length = norm(columns[index])
            let factor = length > before * 1e-10 && length > 0 ? 1 / length : 0
            for row in 0..<rows { columns[index][row] *= factor }
        }
        var result = [Float](repeating: 0, count: rows * width)
        for (column, values) in columns.enumerated() {
            for (row, value) in values.enumerated() { result[row * width + column] = Float(value) }
        }
        return result
    }

    private static func norm(_ values: [Double]) -> Double { values.reduce(0) { $0 + $1 * $1 }.squareRoot() }
}
