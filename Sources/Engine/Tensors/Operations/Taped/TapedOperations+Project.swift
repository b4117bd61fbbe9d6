// The protocol documents these methods.

extension TapedOperations {
    package func project(_ input: TapedRows, _ matrices: [TapedMatrix]) -> [TapedRows] {
        matrices.map { matrix in
            let output = make(input.tokens, matrix.rows, isTracked: input.isTracked || matrix.isTrainable)
            let change = fill(output.values, matrix, input.values, input.tokens)
            record(output) { gradient in
                self.lead(gradient, through: matrix, input.values, input.tokens, change, to: input)
            }
            return output
        }
    }

    /// What the gradient of an adapter needs: scale (x down^T), and x with some values left out if there is dropout.
    struct LowRankChange {
        let reduced: TapedRows
        let input: TapedRows?
        let mask: DropoutMask?
    }

    /// out = x W^T + bias + scale (x down^T) up^T.
    func fill(
        _ output: UnsafeMutablePointer<Float>, _ matrix: TapedMatrix, _ input: UnsafePointer<Float>, _ tokens: Int
    ) -> LowRankChange? {
        let (rows, columns) = (matrix.rows, matrix.columns)
        if let bias = matrix.bias {
            forEachRow(tokens, width: rows) { (output + $0 * rows).update(from: bias.values, count: rows) }
        }
        let x = ProductOperand(values: input, row: columns)
        forEachPart(of: matrix) { part, weight in
            multiply(
                x, weight.transposed, rows: tokens, columns: part.count, depth: columns, to: output + part.lowerBound,
                stride: rows, adds: matrix.bias != nil)
        }
        guard let adapter = matrix.adapter else { return nil }
        let reduced = make(tokens, adapter.rank, isTracked: false)
        let (dropped, mask) = dropping(adapter, input, tokens, columns)
        multiply(
            dropped.map { ProductOperand(values: $0.values, row: columns) } ?? x,
            ProductOperand(values: adapter.down.values, row: columns).transposed, rows: tokens,
            columns: adapter.rank,
            depth: columns, to: reduced.values, adds: false)
        for index in 0..<reduced.count { reduced.values[index] *= adapter.scale }
        multiply(
            ProductOperand(values: reduced.values, row: adapter.rank),
            ProductOperand(values: adapter.up.values, row: adapter.rank).transposed, rows: tokens, columns: rows,
            depth: adapter.rank, to: output, adds: true)
        return LowRankChange(reduced: reduced, input: dropped, mask: mask)
    }

    /// The inputs that an adapter sees in this pass; nil for all of them.
    private func dropping(
        _ adapter: TapedMatrix.Adapter, _ input: UnsafePointer<Float>, _ tokens: Int, _ columns: Int
    ) -> (TapedRows?, DropoutMask?) {
        guard adapter.dropout > 0, isRecording else { return (nil, nil) }
        let seed = (randomSeed &+ UInt64(adapter.number)) &* 0xD134_2543_DE82_EF95
        let mask = DropoutMask(values: RandomValues(seed: seed), share: adapter.dropout)
        let dropped = make(tokens, columns, isTracked: false)
        forEachRow(tokens, width: columns) { row in
            for index in row * columns..<(row + 1) * columns {
                dropped.values[index] = input[index] * mask.factor(index)
            }
        }
        return (dropped, mask)
    }

    /// Leads the gradient of products, `[tokens, rows]`, to the matrix and to `target`, whose rows from `first` on were
    /// multiplied.
    func lead(
        _ gradient: UnsafePointer<Float>, through matrix: TapedMatrix, _ input: UnsafePointer<Float>, _ tokens: Int,
        _ change: LowRankChange?, to target: TapedRows, first: Int = 0
    ) {
        let (rows, columns) = (matrix.rows, matrix.columns)
        let (outer, x) = (ProductOperand(values: gradient, row: rows), ProductOperand(values: input, row: columns))
        if target.isTracked {
            let isWhole = first == 0 && tokens == target.tokens
            let (inner, isFilled) = isWhole ? target.openGradientForProduct() : (target.openGradient(), true)
            forEachPart(of: matrix) { part, weight in
                multiply(
                    ProductOperand(values: gradient + part.lowerBound, row: rows), weight, rows: tokens,
                    columns: columns, depth: part.count, to: inner + first * columns,
                    adds: isFilled || part.lowerBound > 0)
            }
        }
        if case .parameters(let weight) = matrix.weight, weight.isTrainable {
            multiply(outer.transposed, x, rows: rows, columns: columns, depth: tokens, to: weight.gradient, adds: true)
        }
        if let bias = matrix.bias, bias.isTrainable { addSum(of: gradient, tokens, rows, to: bias.gradient) }
        guard let adapter = matrix.adapter, let change else { return }
        let rank = adapter.rank
        multiply(
            outer.transposed, ProductOperand(values: change.reduced.values, row: rank), rows: rows, columns: rank,
            depth: tokens, to: adapter.up.gradient, adds: true)
        let inner = make(tokens, rank, isTracked: false)
        multiply(
            outer, ProductOperand(values: adapter.up.values, row: rank), rows: tokens, columns: rank, depth: rows,
            to: inner.values, adds: false)
        for index in 0..<inner.count { inner.values[index] *= adapter.scale }
        let scaled = ProductOperand(values: inner.values, row: rank)
        multiply(
            scaled.transposed, change.input.map { ProductOperand(values: $0.values, row: columns) } ?? x, rows: rank,
            columns: columns, depth: tokens, to: adapter.down.gradient, adds: true)
        guard target.isTracked else { return }
        let inputGradient = target.openGradient() + first * columns
        let dropped = change.input.map { _ in make(tokens, columns, isTracked: false) }
        multiply(
            scaled, ProductOperand(values: adapter.down.values, row: columns), rows: tokens, columns: columns,
            depth: rank, to: dropped?.values ?? inputGradient, adds: dropped == nil)
        guard let dropped, let mask = change.mask else { return }
        forEachRow(tokens, width: columns) { row in
            for index in row * columns..<(row + 1) * columns {
                inputGradient[index] += dropped.values[index] * mask.factor(index)
            }
        }
    }
}
