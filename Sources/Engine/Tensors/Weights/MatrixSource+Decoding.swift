import CKernels

extension MatrixSource {
    /// Makes a dense matrix of values that `decode` writes, one row (its number, its `columns` values) at a time and on
    /// all threads of `pool`.
    ///
    /// The values are rounded to f16, which costs a relative 2^-12; if the largest is outside 2^-9...65504, where f16
    /// would lose more or overflow, they are kept in f32. Nil if the size overflows.
    package static func dense(
        rows: Int, columns: Int, pool: ThreadPool?, decode: (Int, UnsafeMutableBufferPointer<Float>) -> Void
    ) -> MatrixSource? {
        guard rows >= 0, columns >= 0 else { return nil }
        var largest: Float = 0
        let halves = MatrixSource(dataType: .f16, rows: rows, columns: columns) { bytes in
            guard let base = bytes.baseAddress else { return }
            largest = withTiles(of: rows, pool) { tile in
                withUnsafeTemporaryAllocation(of: Float.self, capacity: columns) { values in
                    tile.reduce(Float(0)) { largest, row in
                        decode(row, values)
                        let halves = (base + row * columns * 2).assumingMemoryBound(to: UInt16.self)
                        return max(largest, swiftlet_round_to_halves(values.baseAddress, columns, halves))
                    }
                }
            }
        }
        if largest == 0 || (0x1p-9...65504).contains(largest) { return halves }
        return MatrixSource(dataType: .f32, rows: rows, columns: columns) { bytes in
            guard let base = bytes.baseAddress?.assumingMemoryBound(to: Float.self) else { return }
            _ = withTiles(of: rows, pool) { tile in
                for row in tile { decode(row, UnsafeMutableBufferPointer(start: base + row * columns, count: columns)) }
                return 0
            }
        }
    }

    /// Runs `body` for tiles of 128 rows, on all threads of `pool`, and returns the largest of its results.
    @discardableResult
    package static func withTiles(of rows: Int, _ pool: ThreadPool?, _ body: (Range<Int>) -> Float) -> Float {
        let tiles = (rows + 127) / 128
        return withUnsafeTemporaryAllocation(of: Float.self, capacity: max(tiles, 1)) { results in
            results.initialize(repeating: 0)
            func run(_ tile: Int) { results[tile] = body(128 * tile..<min(128 * (tile + 1), rows)) }
            if let pool {
                pool.runUnchecked(tiles) { tile, _ in run(tile) }
            } else {
                for tile in 0..<tiles { run(tile) }
            }
            return results.max() ?? 0
        }
    }
}
