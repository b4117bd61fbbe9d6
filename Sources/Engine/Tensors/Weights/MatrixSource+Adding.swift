extension MatrixSource {
    /// This matrix and a low-rank change of it, in f32 and in memory of its own; nil if their shapes differ or the size
    /// overflows.
    package func adding(_ update: LowRankUpdate, pool: ThreadPool?) -> MatrixSource? {
        let rank = update.down.rows
        guard update.up.rows == rows, update.up.columns == rank, update.down.columns == columns else { return nil }
        let (down, up) = (update.down.decoded(), update.up.decoded())
        return MatrixSource(dataType: .f32, rows: rows, columns: columns) { bytes in
            guard let base = bytes.baseAddress?.assumingMemoryBound(to: Float.self) else { return }
            Self.withTiles(of: rows, pool) { tile in
                for row in tile {
                    let sum = base + row * columns
                    decodeRow(row, into: sum)
                    for index in 0..<rank {
                        let factor = update.scale * up[row * rank + index]
                        for column in 0..<columns { sum[column] += factor * down[index * columns + column] }
                    }
                }
                return 0
            }
        }
    }
}
