import CKernels

/// A matrix of f32 for products: where its rows and columns lie.
struct ProductOperand {
    var values: UnsafePointer<Float>
    var row: Int
    var column = 1

    var transposed: ProductOperand { ProductOperand(values: values, row: column, column: row) }
}

extension swiftlet_product {
    init(
        rows: Int, columns: Int, depth: Int, _ a: ProductOperand, _ b: ProductOperand,
        to c: UnsafeMutablePointer<Float>,
        stride: Int, adds: Bool, workspace: UnsafeMutablePointer<Float>
    ) {
        self.init(
            rows: rows, columns: columns, depth: depth, a: a.values, a_row: a.row, a_column: a.column, b: b.values,
            b_row: b.row, b_column: b.column, c: c, c_row: stride, adds: adds, workspace: workspace)
    }
}

extension TapedOperations {
    /// c = a b, or with `adds` c += a b, on all threads: each of them makes parts of c.
    func multiply(
        _ a: ProductOperand, _ b: ProductOperand, rows: Int, columns: Int, depth: Int,
        to c: UnsafeMutablePointer<Float>, stride: Int? = nil, adds: Bool
    ) {
        let (rowBlock, columnBlock) = Self.blocks(rows, columns, threads: pool.threads)
        let across = (columns + columnBlock - 1) / columnBlock
        pool.runUnchecked((rows + rowBlock - 1) / rowBlock * across) { item, thread in
            let (row, column) = (item / across * rowBlock, item % across * columnBlock)
            var (part, other) = (a, b)
            part.values += row * a.row
            other.values += column * b.column
            let stride = stride ?? columns
            var product = swiftlet_product(
                rows: min(rowBlock, rows - row), columns: min(columnBlock, columns - column), depth: depth, part, other,
                to: c + row * stride + column, stride: stride, adds: adds, workspace: workspace(thread))
            kernels.product(&product)
        }
    }

    /// The largest parts that still keep all threads busy: the larger, the less is put in order twice.
    private static func blocks(_ rows: Int, _ columns: Int, threads: Int) -> (rows: Int, columns: Int) {
        let (rowStep, columnStep) = (SWIFTLET_PRODUCT_ROWS, SWIFTLET_PRODUCT_COLUMNS)
        func block(_ count: Int, _ parts: Int, _ step: Int) -> Int {
            ((count + parts - 1) / parts + step - 1) / step * step
        }
        guard threads > 1 else { return (max(rows, 1), max(columns, 1)) }
        if rows >= 2 * threads * rowStep { return (block(rows, 2 * threads, rowStep), max(columns, 1)) }
        if columns >= 2 * threads * columnStep { return (max(rows, 1), block(columns, 2 * threads, columnStep)) }
        return rows >= columns
            ? (block(rows, 2 * threads, 42), max(columns, 1)) : (max(rows, 1), block(columns, 2 * threads, 48))
    }
}
