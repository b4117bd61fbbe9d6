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
        let tilesInRow = (columns + tile.columns - 1) / tile.columns
        let matrix = MatrixSource.dense(rows: rows, columns: columns, pool: pool) { row, values in
            guard let base = values.baseAddress else { return }
            source.decodeRow(row, into: base)
            let first = row / tile.rows * tilesInRow
            for column in 0..<columns { base[column] *= scales[first + column / tile.columns] }
        }
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
        return (sizes[0], sizes[1])
    }
}
