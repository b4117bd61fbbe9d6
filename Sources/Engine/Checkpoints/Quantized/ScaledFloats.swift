import JSONValues
import Tensors

// 8-bit floats with scales: fbgemm's, DeepSeek's, AutoFP8's and compressed-tensors'.
extension QuantizedLayer {
    /// A weight [rows, columns] of E4M3 numbers with `weight_scale` or `weight_scale_inv`: both are multiplied, whatever
    /// the names say. One value, [rows], [rows, 1], or one for each tile of `weight_block_size` (128 x 128); nil if there
    /// is no scale, so that the numbers stand for themselves.
    func floatMatrix(_ weight: StoredTensor) throws(CheckpointError) -> StoredMatrix? {
        guard let stored = tensor("weight_scale_inv") ?? tensor("weight_scale") else { return nil }
        try checkMatrix(weight, of: .f8e4m3)
        guard Self.floats.contains(stored.dataType) else { throw error(stored, "its type is \(stored.dataType.name)") }
        let (rows, columns) = (weight.shape[0], weight.shape[1])
        let tile = try tileSize(stored, rows: rows, columns: columns)
        let scales = try stored.matrix().decoded()
        let source = try weight.matrix()
        let matrix = Self.halves(source, scales, tile, pool) ?? Self.wide(source, scales, tile, pool)
        return try finish(matrix, of: [weight, stored] + unused)
    }

    /// How many rows and columns share a scale.
    private func tileSize(
        _ scale: StoredTensor, rows: Int, columns: Int
    ) throws(CheckpointError) -> (rows: Int, columns: Int) {
        if scale.elementCount == 1 { return (rows, columns) }
        if scale.shape == [rows, 1] || scale.shape == [rows] { return (1, columns) }
        let sizes = (configuration?["weight_block_size"]?.arrayValue ?? [128, 128]).compactMap(\.intValue)
        guard sizes.count == 2, sizes.allSatisfy({ $0 > 0 }),
            scale.shape == [(rows - 1) / sizes[0] + 1, (columns - 1) / sizes[1] + 1]
        else {
            throw error(
                scale, "its shape \(scale.shape) gives no scale to tiles of \(sizes) of a weight [\(rows), \(columns)]")
        }
        return (min(sizes[0], rows), min(sizes[1], columns))
    }

    private typealias Tile = (rows: Int, columns: Int)

    /// Looks values up in a table that is made once for each scale; nil if f16 does not hold them well.
    private static func halves(
        _ source: MatrixSource, _ scales: [Float], _ tile: Tile, _ pool: ThreadPool?
    ) -> MatrixSource? {
        let (rows, columns) = (source.rows, source.columns)
        let tilesInRow = (columns - 1) / tile.columns + 1
        let numbers = (UInt8.min ... .max).map(e4m3)
        // Below 2^-13 the steps of f16 are coarser than 2^-12 of the largest number.
        guard scales.allSatisfy({ $0 == 0 || (0x1p-13...65504).contains(448 * abs($0)) }) else { return nil }
        return MatrixSource(dataType: .f16, rows: rows, columns: columns) { bytes in
            guard let target = bytes.baseAddress, let codes = source.bytes.baseAddress else { return }
            MatrixSource.withTiles(of: rows, pool) { range in
                var table = [UInt16](repeating: 0, count: 256)
                var current = -1
                for column in 0..<tilesInRow {
                    let end = min((column + 1) * tile.columns, columns)
                    for row in range {
                        let scale = row / tile.rows * tilesInRow + column
                        if scale != current {
                            for code in 0..<256 { table[code] = Half.bits(rounding: numbers[code] * scales[scale]) }
                            current = scale
                        }
                        table.withUnsafeBufferPointer { table in
                            for index in row * columns + column * tile.columns..<row * columns + end {
                                let half = table[Int(codes.load(fromByteOffset: index, as: UInt8.self))]
                                target.storeBytes(of: half, toByteOffset: 2 * index, as: UInt16.self)
                            }
                        }
                    }
                }
                return 0
            }
        }
    }

    private static func wide(
        _ source: MatrixSource, _ scales: [Float], _ tile: Tile, _ pool: ThreadPool?
    ) -> MatrixSource? {
        let tilesInRow = (source.columns - 1) / tile.columns + 1
        return MatrixSource.dense(rows: source.rows, columns: source.columns, pool: pool) { row, values in
            guard let base = values.baseAddress else { return }
            source.decodeRow(row, into: base)
            let first = row / tile.rows * tilesInRow
            for column in 0..<source.columns { base[column] *= scales[first + column / tile.columns] }
        }
    }

    /// The number that a code of E4M3 stands for (arXiv:2209.05433): 4 bits of exponent, 3 of fraction, no infinities.
    private static func e4m3(_ code: UInt8) -> Float {
        let (exponent, fraction) = (Int(code >> 3 & 15), Float(code & 7))
        let size: Float =
            code & 0x7F == 0x7F
            ? .nan
            : exponent == 0
                ? fraction * 0x1p-9 : Float(sign: .plus, exponent: exponent - 7, significand: 1 + fraction / 8)
        return code & 0x80 == 0 ? size : -size
    }
}
