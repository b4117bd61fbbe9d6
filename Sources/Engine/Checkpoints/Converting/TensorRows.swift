package import Tensors

/// A tensor on its way into another file: rows of numbers that are read when they are needed.
package struct TensorRows: Sendable {
    /// Decodes rows, one after another.
    typealias Decoding = @Sendable (_ rows: Range<Int>, _ values: UnsafeMutablePointer<Float>) -> Void
    /// Copies the bytes of rows as they are stored.
    typealias Copying = @Sendable (_ rows: Range<Int>, _ bytes: UnsafeMutableRawPointer) -> Void

    /// Its name in the new file.
    package let name: String
    /// How its elements are stored where it comes from.
    package let dataType: DataType
    /// Row-major, outermost dimension first.
    package let shape: [Int]
    /// Where it comes from, for errors: the file and the name there.
    package let origin: String
    let decode: Decoding
    /// Nil if the numbers are not those that are stored.
    var copy: Copying?

    /// Elements of a row.
    package var columns: Int { shape.last ?? 1 }
    /// Rows of all matrices; one for vectors and single numbers.
    package var rows: Int { shape.dropLast().reduce(1, &*) }

    init(
        name: String, dataType: DataType, shape: [Int], origin: String, decode: @escaping Decoding,
        copy: Copying? = nil
    ) {
        (self.name, self.dataType, self.shape) = (name, dataType, shape)
        (self.origin, self.decode, self.copy) = (origin, decode, copy)
    }

    /// A tensor as a file holds it, under its own name or a new one.
    package init(_ stored: StoredTensor, name: String? = nil) {
        let columns = stored.shape.last ?? 1
        let rows = stored.shape.dropLast().reduce(1, &*)
        let rowBytes = stored.byteCount / Swift.max(rows, 1)
        // `MatrixSource` only reads the mapped file, which any thread may.
        nonisolated(unsafe) let matrix = MatrixSource(
            dataType: stored.dataType, rows: rows, columns: columns,
            bytes: UnsafeRawBufferPointer(rebasing: stored.file.bytes[stored.byteRange]), owner: stored.file)
        self.init(
            name: name ?? stored.name, dataType: stored.dataType, shape: stored.shape,
            origin: "\(stored.file.path), tensor \(stored.name)",
            decode: { rows, values in
                if let matrix { return matrix.decodeRows(rows, into: values) }
                // Integers and doubles are few.
                let numbers = (try? stored.numbers()) ?? []
                for index in 0..<rows.count * columns {
                    values[index] = Float(numbers[rows.lowerBound * columns + index])
                }
            },
            copy: { rows, bytes in
                stored.withUnsafeBytes { all in
                    let part = UnsafeRawBufferPointer(
                        rebasing: all[rows.lowerBound * rowBytes..<rows.upperBound * rowBytes])
                    if stored.file.copy(part, to: bytes) { return }
                    UnsafeMutableRawBufferPointer(start: bytes, count: part.count).copyMemory(from: part)
                }
            })
    }

    /// The same under another name.
    package func renamed(_ name: String) -> TensorRows {
        TensorRows(name: name, dataType: dataType, shape: shape, origin: origin, decode: decode, copy: copy)
    }
}
