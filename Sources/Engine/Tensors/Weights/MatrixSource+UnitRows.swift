/// Rows that are divided by their lengths.
enum UnitRows {
    /// What a row is divided by: its length, or as little as keeps the quotient finite.
    static func length(of row: some Sequence<Float>) -> Float {
        max(row.reduce(Float(0)) { $0 + $1 * $1 }.squareRoot(), 1e-12)
    }
}

extension MatrixSource {
    /// This matrix with each row divided by its length, in f32 if it is in f32, else in what `dense` rounds to; nil if the
    /// size overflows.
    package func withUnitRows(pool: ThreadPool?) -> MatrixSource? {
        func decode(_ row: Int, _ values: UnsafeMutableBufferPointer<Float>) {
            guard let base = values.baseAddress else { return }
            decodeRow(row, into: base)
            let length = UnitRows.length(of: values)
            for column in values.indices { values[column] /= length }
        }
        guard dataType == .f32 else { return .dense(rows: rows, columns: columns, pool: pool, decode: decode) }
        return MatrixSource(dataType: .f32, rows: rows, columns: columns) { bytes in
            let values = bytes.bindMemory(to: Float.self)
            for row in 0..<rows {
                decode(row, UnsafeMutableBufferPointer(rebasing: values[row * columns..<(row + 1) * columns]))
            }
        }
    }
}
