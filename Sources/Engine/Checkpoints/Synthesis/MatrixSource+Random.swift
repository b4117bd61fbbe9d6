package import Tensors

extension MatrixSource {
    /// A matrix of random weights that keep the size of activations; nil for types without random weights and for columns
    /// that are not whole blocks.
    package static func random(_ dataType: DataType, rows: Int, columns: Int, seed: UInt64 = 0) -> MatrixSource? {
        guard let blocks = RandomBlocks(dataType, deviation: 1 / Float(max(columns, 1)).squareRoot()) else {
            return nil
        }
        var generator = SplitMix64(seed: seed)
        return MatrixSource(dataType: dataType, rows: rows, columns: columns) { blocks.fill($0, &generator) }
    }
}
