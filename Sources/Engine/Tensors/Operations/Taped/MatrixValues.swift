import CKernels

/// The values of a matrix or table.
enum MatrixValues {
    /// Floats in memory, which training may change.
    case parameters(ParameterView)
    /// What a file holds, quantized or not, which stays as it is: it is decoded part by part wherever it is needed, and never in
    /// memory as floats (QLoRA, Dettmers et al. 2023).
    case stored(MatrixSource)

    var isTrainable: Bool { if case .parameters(let view) = self { view.isTrainable } else { false } }
}

extension TapedOperations {
    /// The floats that are decoded at a time.
    private static let tileCount = 1 << 20

    /// Runs `body` for the rows of a matrix and their values `[rows, columns]`: once for all that is in memory, or for one part
    /// after another.
    func forEachPart(of matrix: TapedMatrix, _ body: (_ rows: Range<Int>, _ values: ProductOperand) -> Void) {
        switch matrix.weight {
        case .parameters(let view): body(0..<matrix.rows, ProductOperand(values: view.values, row: matrix.columns))
        case .stored(let source):
            let step = SWIFTLET_PRODUCT_COLUMNS
            let height = min(matrix.rows, max(1, Self.tileCount / max(source.columns, 1) / step) * step)
            let tile = memory.take(height * source.columns)
            defer { memory.give(tile, height * source.columns) }
            for first in stride(from: 0, to: matrix.rows, by: max(height, 1)) {
                let rows = first..<min(first + height, matrix.rows)
                decode(source, rows, to: tile)
                body(rows, ProductOperand(values: tile, row: source.columns))
            }
        }
    }

    /// Decodes rows on all threads.
    private func decode(_ source: MatrixSource, _ rows: Range<Int>, to target: UnsafeMutablePointer<Float>) {
        let chunk = max(1, min(64, rows.count / (4 * pool.threads)))
        pool.runUnchecked((rows.count + chunk - 1) / chunk) { item, _ in
            let part = rows.lowerBound + item * chunk..<min(rows.upperBound, rows.lowerBound + (item + 1) * chunk)
            source.decodeRows(part, into: target + item * chunk * source.columns)
        }
    }
}
