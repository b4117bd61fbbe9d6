import CKernels

extension FastOperations {
    /// The tensor of a file that a matrix comes from, and which of the matrices in it.
    package struct Origin {
        /// The tensor's name.
        package let tensor: String
        /// The number of the matrix, where several are stacked in a tensor.
        package let index: Int
        /// The matrices in the tensor.
        package let count: Int

        /// Nil for what is put together of several tensors.
        init?(_ origin: ParameterOrigin?, rows: Int) {
            guard let piece = origin?.pieces.first, origin?.pieces.count == 1 else { return nil }
            tensor = piece.tensor
            count = piece.shape.count > 2 ? piece.shape[0] : 1
            var first = 0
            if count > 1, case .rows(let ranges, _)? = piece.changes.first { first = ranges.first?.lowerBound ?? 0 }
            let height = piece.shape.dropFirst().dropLast().reduce(1, &*)
            index = height > 0 ? min(first / height, count - 1) : 0
        }
    }

    package func makeMatrix(
        _ source: MatrixSource, bias: [Float]?, adapter: LowRankUpdate?, from origin: MatrixOrigin
    ) -> Matrix {
        let matrix = makeMatrix(source, bias: bias, adapter: adapter)
        matrix.origin = Origin(origin.weight, rows: source.rows)
        return matrix
    }

    /// Adds the squares of each column to the sums from `start` on.
    package func addSquares(of input: Activations, to sums: inout [Float], at start: Int) {
        sums.withUnsafeMutableBufferPointer { sums in
            for token in 0..<input.tokens {
                let row = input.buffer(ofRow: token)
                for (column, value) in row.enumerated() { sums[start + column] += value * value }
            }
        }
    }

    /// Adds the products of each two columns, summed over the tokens, to `sums` [width, width].
    package func addProducts(of input: Activations, to sums: inout [Float]) {
        let (width, tokens, block) = (input.width, input.tokens, SWIFTLET_PRODUCT_ROWS)
        guard tokens > 0, width > 0, sums.count == width * width else { return }
        let workspaces = FloatBuffer(pool.threads * SWIFTLET_PRODUCT_WORKSPACE)
        let rows = ProductOperand(values: input.row(0), row: width)
        sums.withUnsafeMutableBufferPointer { sums in
            guard let base = sums.baseAddress else { return }
            pool.runUnchecked((width + block - 1) / block) { item, thread in
                let first = item * block
                var columns = rows.transposed
                columns.values += first
                var product = swiftlet_product(
                    rows: min(block, width - first), columns: width, depth: tokens, columns, rows,
                    to: base + first * width, stride: width, adds: true,
                    workspace: workspaces.pointer + thread * SWIFTLET_PRODUCT_WORKSPACE)
                kernels.product(&product)
            }
        }
    }
}
