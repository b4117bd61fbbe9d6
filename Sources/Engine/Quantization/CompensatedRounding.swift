package import Tensors

/// Rounds the weights of a matrix column by column, where those still to come make up for what each is off: GPTQ
/// (arXiv:2210.17323), with columns in the order of how large their inputs are.
///
/// With the sums of products of inputs H = V D Vᵀ, V an upper triangle with ones on the diagonal, the error of what comes out
/// is the least if column j is rounded after adding the differences so far times V's column j. That is what the published
/// form with the Cholesky factor of the inverse does, too, and it takes neither inverse nor second factor.
package struct CompensatedRounding: Sendable {
    /// Columns in the order in which they are rounded.
    let order: [Int]
    /// How much errors of each column count: the diagonal of H, before it is damped.
    package let importance: [Float]
    /// V [columns, columns] in that order.
    private let factor: [Float]

    /// The share of the mean of the diagonal that is added to it, so that what the text says little about stays put.
    private static let damping: Float = 0.01
    /// Rows that a thread rounds at once, while a row of the factor is near.
    private static let tileRows = 16

    private var columns: Int { order.count }

    /// Factors the sums of products.
    ///
    /// - Parameters:
    ///   - products: [columns, columns], symmetric: sums over tokens of what each two columns are multiplied with.
    ///   - pool: The threads that share the work.
    /// - Returns: nil if the products are no finite numbers, or all zero.
    package init?(products: [Float], columns: Int, pool: ThreadPool) {
        guard products.count == columns * columns else { return nil }
        let diagonal = (0..<columns).map { products[$0 * (columns + 1)] }
        let mean = diagonal.reduce(0, +) / Float(columns)
        guard mean.isFinite, mean > 0 else { return nil }
        importance = diagonal
        let order = (0..<columns).sorted { (diagonal[$1], $0) < (diagonal[$0], $1) }
        self.order = order
        var matrix = [Float](repeating: 0, count: columns * columns)
        for (row, source) in order.enumerated() {
            for (column, other) in order.enumerated() {
                matrix[row * columns + column] = products[source * columns + other]
            }
            matrix[row * (columns + 1)] += Self.damping * mean
        }
        Self.decompose(&matrix, columns, pool)
        guard matrix.allSatisfy(\.isFinite) else { return nil }
        // What was found lies in the columns of the lower triangle: V's rows are wanted one after another.
        for row in 0..<columns {
            for column in row + 1..<max(columns, row + 1) {
                matrix[row * columns + column] = matrix[column * columns + row]
            }
        }
        factor = matrix
    }

    /// Puts V, turned about, into the lower triangle. From the last row on, blocks of rows are divided by their diagonal and
    /// taken off those before.
    private static func decompose(_ matrix: inout [Float], _ columns: Int, _ pool: ThreadPool) {
        let block = 32
        matrix.withUnsafeMutableBufferPointer { buffer in
            guard let start = buffer.baseAddress else { return }
            // Each item changes one row.
            nonisolated(unsafe) let base = start
            @Sendable func reduce(_ row: Int, by other: Int) {
                let (own, from) = (base + row * columns, base + other * columns)
                let share = from[row] * from[other]
                for column in 0...row { own[column] -= share * from[column] }
            }
            for end in stride(from: columns, to: 0, by: -block) {
                let first = max(0, end - block)
                for row in stride(from: end - 1, through: first, by: -1) {
                    let own = base + row * columns
                    let inverse = 1 / own[row]
                    for column in 0..<row { own[column] *= inverse }
                    for other in first..<row { reduce(other, by: row) }
                }
                pool.run(first) { row, _ in
                    for other in stride(from: end - 1, through: first, by: -1) { reduce(row, by: other) }
                }
            }
        }
    }

    /// Rounds a matrix to codes of ranges that are given.
    ///
    /// - Parameters:
    ///   - weights: [rows, columns].
    ///   - ranges: [rows, groups].
    /// - Returns: The codes, [rows, columns].
    package func round(
        _ weights: [Float], ranges: [FourBitGroups.Range], groupSize: Int, pool: ThreadPool
    ) -> [UInt8] {
        let (columns, groups) = (columns, (columns - 1) / groupSize + 1)
        let rows = weights.count / columns
        var codes = [UInt8](repeating: 0, count: rows * columns)
        codes.withUnsafeMutableBufferPointer { codes in
            // Each item writes rows of its own.
            nonisolated(unsafe) let output = codes
            pool.run((rows + Self.tileRows - 1) / Self.tileRows) { tile, _ in
                let range = tile * Self.tileRows..<min(rows, (tile + 1) * Self.tileRows)
                var current = [Float](repeating: 0, count: range.count * columns)
                for (index, row) in range.enumerated() {
                    for (place, column) in order.enumerated() {
                        current[index * columns + place] = weights[row * columns + column]
                    }
                }
                current.withUnsafeMutableBufferPointer { current in
                    guard let base = current.baseAddress else { return }
                    for (place, column) in order.enumerated() {
                        for (index, row) in range.enumerated() {
                            let range = ranges[row * groups + column / groupSize]
                            let code = range.code(current[index * columns + place])
                            output[row * columns + column] = code
                            add(
                                weights[row * columns + column] - range.value(code), from: place,
                                to: base + index * columns)
                        }
                    }
                }
            }
        }
        return codes
    }

    /// Adds what a column is off, times V, to those after it.
    private func add(_ difference: Float, from place: Int, to row: UnsafeMutablePointer<Float>) {
        factor.withUnsafeBufferPointer { factor in
            guard let shares = factor.baseAddress.map({ $0 + place * columns }) else { return }
            for column in place + 1..<max(columns, place + 1) { row[column] += difference * shares[column] }
        }
    }
}
