/// What a matrix is among an adapter's modules: the tensor that it is a part of, and which rows of that tensor are its own.
package struct LowRankModule {
    /// The tensor's name without `.weight`.
    package let name: String
    /// The outputs and inputs of the whole tensor, as the module multiplies.
    package let outputs, inputs: Int
    /// Whether the tensor is stored as `[inputs, outputs]`.
    package let isTransposed: Bool
    /// The rows of the matrix among the outputs, one choice after another.
    let ranges: [[Range<Int>]]
}

extension TapedMatrix {
    /// Nil for what adapters cannot change alone: stacked experts, and matrices put together of several tensors.
    package var module: LowRankModule? {
        guard let piece = origin?.weight?.pieces.first, origin?.weight?.pieces.count == 1,
            piece.shape.count == 2, piece.tensor.hasSuffix(".weight")
        else { return nil }
        var (changes, isTransposed) = (piece.changes[...], false)
        if case .transposed? = changes.first {
            changes.removeFirst()
            isTransposed = true
        }
        var ranges: [[Range<Int>]] = []
        for change in changes {
            guard case .rows(let rows, let width) = change, width == columns else { return nil }
            ranges.append(rows)
        }
        let (rows, columns) = (piece.stored.rows, piece.stored.columns)
        return LowRankModule(
            name: String(piece.tensor.dropLast(".weight".count)), outputs: isTransposed ? columns : rows,
            inputs: isTransposed ? rows : columns, isTransposed: isTransposed, ranges: ranges)
    }
}

extension TapedOperations {
    /// Adds `scale` x `up` x `down` to a matrix: `down` is `[rank, inputs]`, `up` `[outputs, rank]` of the whole tensor that
    /// the matrix is a part of. `dropout` is the share of the inputs that the change does not see in a pass.
    package func adapt(
        _ matrix: TapedMatrix, as module: LowRankModule, down: Parameter, up: Parameter, rank: Int, scale: Float,
        dropout: Float = 0
    ) {
        parameters.add(down)
        parameters.add(up)
        adaptedCount += 1
        matrix.adapter = TapedMatrix.Adapter(
            rank: rank, down: parameters.view([(down, [])]),
            up: parameters.view([(up, module.ranges.map { .rows($0, width: rank) })]), scale: scale, dropout: dropout,
            number: adaptedCount)
    }
}
