/// Small systems of linear equations.
enum LinearSystem {
    /// The solution of equations whose matrix is symmetric and positive definite, by Gauss and Jordan's elimination.
    ///
    /// - Parameter rows: the matrix with the right side as its last column, `[count, count + 1]`.
    static func solution(_ rows: [[Double]]) -> [Double] {
        var rows = rows
        // Every pivot of such a matrix is positive.
        for pivot in rows.indices where rows[pivot][pivot] > 0 {
            let source = rows[pivot].map { $0 / rows[pivot][pivot] }
            rows[pivot] = source
            for row in rows.indices where row != pivot && rows[row][pivot] != 0 {
                let factor = rows[row][pivot]
                for column in pivot..<source.count { rows[row][column] -= factor * source[column] }
            }
        }
        return rows.map { $0[rows.count] }
    }
}
