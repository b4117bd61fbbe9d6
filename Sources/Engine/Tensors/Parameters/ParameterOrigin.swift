/// Where a parameter comes from: tensors of a checkpoint one after another, each with the changes that lead from what is
/// stored to what is computed with. Training follows them back, so that it changes, and saves, what the file has.
package struct ParameterOrigin {
    /// A tensor and what becomes of it.
    package struct Piece {
        /// The tensor's name in the file.
        package var tensor: String
        /// All of the tensor, as rows of its last dimension.
        package var stored: MatrixSource
        /// The tensor's shape in the file.
        package var shape: [Int]
        /// From the values stored to those of the parameter, one after another.
        package var changes: [ParameterChange]

        /// The values that the parameter begins with.
        package var values: [Float] { changes.reduce(stored.decoded()) { $1.applied(to: $0) } }
    }

    /// Nothing is between them.
    package var pieces: [Piece]

    /// One tensor.
    package init(tensor: String, stored: MatrixSource, shape: [Int], changes: [ParameterChange] = []) {
        pieces = [Piece(tensor: tensor, stored: stored, shape: shape, changes: changes)]
    }

    /// Several, one after another.
    package init(joining origins: [ParameterOrigin]) { pieces = origins.flatMap(\.pieces) }

    /// The same with another change at the end.
    package func changed(by change: ParameterChange) -> ParameterOrigin {
        var result = self
        for index in result.pieces.indices { result.pieces[index].changes.append(change) }
        return result
    }
}

/// Where a matrix and its bias come from.
package struct MatrixOrigin {
    /// The matrix.
    package var weight: ParameterOrigin?
    /// What is added to its products.
    package var bias: ParameterOrigin?

    /// Collects both.
    package init(weight: ParameterOrigin?, bias: ParameterOrigin? = nil) {
        self.weight = weight
        self.bias = bias
    }
}

extension ParameterMaker {
    /// Makers that only compute need not know where parameters come from.
    package func makeMatrix(
        _ source: MatrixSource, bias: [Float]?, adapter: LowRankUpdate?, from origin: MatrixOrigin
    ) -> Matrix {
        makeMatrix(source, bias: bias, adapter: adapter)
    }

    /// Makers that only compute need not know where parameters come from.
    package func makeVector(_ values: [Float], from origin: ParameterOrigin?) -> Vector { makeVector(values) }

    /// Makers that only compute need not know where parameters come from.
    package func makeTable(_ source: MatrixSource, from origin: ParameterOrigin?) -> Table { makeTable(source) }
}
