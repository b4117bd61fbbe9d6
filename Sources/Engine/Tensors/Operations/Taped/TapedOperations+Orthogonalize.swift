extension TapedOperations {
    /// Brings the singular values of a matrix `[rows, columns]` near 1, by five steps of a polynomial in it that is steep at 0
    /// (Jordan et al. 2024, https://kellerjordan.github.io/posts/muon).
    package func orthogonalize(_ matrix: UnsafeMutablePointer<Float>, rows: Int, columns: Int) {
        let (count, side) = (rows * columns, min(rows, columns))
        var squares = 0.0
        for index in 0..<count { squares += Double(matrix[index]) * Double(matrix[index]) }
        let factor = 1 / max(Float(squares.squareRoot()), 1e-7)
        for index in 0..<count { matrix[index] *= factor }
        let (gram, power) = (make(side, side, isTracked: false), make(side, side, isTracked: false))
        let product = make(rows, columns, isTracked: false)
        let (x, inner) = (ProductOperand(values: matrix, row: columns), ProductOperand(values: gram.values, row: side))
        let polynomial = ProductOperand(values: power.values, row: side)
        for _ in 0..<5 {
            // The smaller of the two products of the matrix and its transposed one.
            let (left, right) = rows > columns ? (x.transposed, x) : (x, x.transposed)
            multiply(
                left, right, rows: side, columns: side, depth: max(rows, columns), to: gram.values, adds: false)
            multiply(inner, inner, rows: side, columns: side, depth: side, to: power.values, adds: false)
            for index in 0..<gram.count {
                power.values[index] = -4.7750 * gram.values[index] + 2.0315 * power.values[index]
            }
            let (first, second) = rows > columns ? (x, polynomial) : (polynomial, x)
            multiply(
                first, second, rows: rows, columns: columns, depth: side, to: product.values, adds: false)
            for index in 0..<count { matrix[index] = 3.4445 * matrix[index] + product.values[index] }
        }
    }
}
