import Synchronization
import Tensors

extension TensorRows {
    /// The same rows in another order: row `i` is the one that was number `order[i]`.
    ///
    /// The numbers of a vector are its rows; they are read at once and are then f32.
    package func reordered(_ order: [Int]) -> TensorRows {
        if shape.count == 1 {
            let numbers = numbers()
            return TensorRows(name: name, numbers: order.map { numbers[$0] }, shape: shape, origin: origin)
        }
        let (columns, decode, copy) = (columns, decode, copy)
        let rowBytes = dataType.byteCount(elements: columns) ?? 0
        var result = TensorRows(name: name, dataType: dataType, shape: shape, origin: origin) { rows, values in
            for (index, row) in rows.enumerated() { decode(order[row]..<order[row] + 1, values + index * columns) }
        }
        guard let copy else { return result }
        result.copy = { rows, bytes in
            for (index, row) in rows.enumerated() { copy(order[row]..<order[row] + 1, bytes + index * rowBytes) }
        }
        return result
    }

    /// The same with a number added to every element; it is then one of f32.
    package func adding(_ offset: Float) -> TensorRows {
        let (columns, decode) = (columns, decode)
        return TensorRows(name: name, dataType: .f32, shape: shape, origin: origin) { rows, values in
            decode(rows, values)
            for index in 0..<rows.count * columns { values[index] += offset }
        }
    }

    /// A matrix turned about. It is in memory while it is read.
    package func transposed() -> TensorRows {
        guard shape.count == 2 else { return self }
        let (rows, columns, decode) = (shape[0], shape[1], decode)
        let cache = MatrixCache()
        return TensorRows(name: name, dataType: dataType, shape: [columns, rows], origin: origin) { range, values in
            let last = range.upperBound == columns
            let numbers = cache.numbers(count: rows * columns) { decode(0..<rows, $0) }
            for (index, row) in range.enumerated() {
                for column in 0..<rows { values[index * rows + column] = numbers[column * columns + row] }
            }
            if last { cache.release() }
        }
    }

    /// Some rows of the tensor as a matrix of their own.
    package func rows(_ range: Range<Int>, shape: [Int]) -> TensorRows {
        let (decode, copy, first) = (decode, copy, range.lowerBound)
        var result = TensorRows(name: name, dataType: dataType, shape: shape, origin: origin) { rows, values in
            decode(first + rows.lowerBound..<first + rows.upperBound, values)
        }
        guard let copy else { return result }
        result.copy = { rows, bytes in copy(first + rows.lowerBound..<first + rows.upperBound, bytes) }
        return result
    }

    /// Matrices of one shape and type as one tensor, one after another along a new first dimension.
    package static func stacked(_ parts: [TensorRows], name: String) -> TensorRows? {
        guard let first = parts.first,
            parts.allSatisfy({ $0.shape == first.shape && $0.dataType == first.dataType }), first.rows > 0
        else { return nil }
        let (columns, height) = (first.columns, first.rows)
        let rowBytes = first.dataType.byteCount(elements: columns) ?? 0
        var result = TensorRows(
            name: name, dataType: first.dataType, shape: [parts.count] + first.shape, origin: first.origin
        ) { rows, values in
            for (index, row) in rows.enumerated() {
                let inner = row % height
                parts[row / height].decode(inner..<inner + 1, values + index * columns)
            }
        }
        guard parts.allSatisfy({ $0.copy != nil }) else { return result }
        result.copy = { rows, bytes in
            for (index, row) in rows.enumerated() {
                let inner = row % height
                parts[row / height].copy?(inner..<inner + 1, bytes + index * rowBytes)
            }
        }
        return result
    }

    /// Decodes some rows, one after another.
    package func decodeRows(_ rows: Range<Int>, into values: UnsafeMutablePointer<Float>) { decode(rows, values) }

    /// All numbers, for what is small.
    package func numbers() -> [Float] {
        [Float](unsafeUninitializedCapacity: rows * columns) { buffer, count in
            if let base = buffer.baseAddress, rows * columns > 0 { decode(0..<rows, base) }
            count = rows * columns
        }
    }

    /// Numbers that were computed.
    package init(name: String, numbers: [Float], shape: [Int], origin: String) {
        let columns = shape.last ?? 1
        self.init(name: name, dataType: .f32, shape: shape, origin: origin) { rows, values in
            for index in 0..<rows.count * columns { values[index] = numbers[rows.lowerBound * columns + index] }
        }
    }
}

/// The numbers of a matrix while its columns are read. There is room for one matrix: tensors are read one after another, and
/// a sample of one does not reach its last row, so that the next is what lets go of it.
private final class MatrixCache: Sendable {
    private static let last = Mutex<(owner: MatrixCache, numbers: [Float])?>(nil)

    func numbers(count: Int, _ decode: (UnsafeMutablePointer<Float>) -> Void) -> [Float] {
        Self.last.withLock { last in
            if let last, last.owner === self { return last.numbers }
            last = nil
            let numbers = [Float](unsafeUninitializedCapacity: count) { buffer, written in
                if let base = buffer.baseAddress { decode(base) }
                written = count
            }
            last = (self, numbers)
            return numbers
        }
    }

    func release() { Self.last.withLock { if $0?.owner === self { $0 = nil } } }
}
