import CKernels
import Files

/// A matrix as a file holds it: rows of values or blocks, one after another.
package struct MatrixSource {
    /// How the values are stored; one for which `isWeightType` holds.
    package let dataType: DataType
    /// The number of rows (outputs).
    package let rows: Int
    /// The number of columns (inputs); whole blocks of the type.
    package let columns: Int
    /// The bytes; `rows` rows of equal length.
    package let bytes: UnsafeRawBufferPointer
    /// What keeps the bytes alive.
    private let owner: AnyObject?
    /// The same, if it is a file.
    let file: MappedFile?

    /// Makes a source, or nil if the type holds no weights or the bytes are not exactly those of such a matrix.
    /// `owner` keeps them alive.
    package init?(dataType: DataType, rows: Int, columns: Int, bytes: UnsafeRawBufferPointer, owner: AnyObject? = nil) {
        guard dataType.isWeightType, let rowBytes = dataType.byteCount(elements: columns),
            !rowBytes.multipliedReportingOverflow(by: rows).overflow, rowBytes * rows == bytes.count
        else { return nil }
        self.dataType = dataType
        self.rows = rows
        self.columns = columns
        self.bytes = bytes
        self.owner = owner
        file = owner as? MappedFile
    }

    /// Other rows of the same type and width; `owner` keeps them alive, or this matrix' owner if there is none.
    func sharing(_ rows: Int, _ bytes: UnsafeRawBufferPointer, owner: AnyObject? = nil) -> MatrixSource {
        MatrixSource(self, rows: rows, bytes: bytes, owner: owner ?? self.owner)
    }

    private init(_ other: MatrixSource, rows: Int, bytes: UnsafeRawBufferPointer, owner: AnyObject?) {
        dataType = other.dataType
        self.rows = rows
        columns = other.columns
        self.bytes = bytes
        self.owner = owner
        file = owner as? MappedFile
    }

    var rowBytes: Int { bytes.count / max(rows, 1) }

    /// Lets go of the file's pages of some rows.
    func release(rows: Range<Int>) {
        file?.release(UnsafeRawBufferPointer(rebasing: bytes[rows.lowerBound * rowBytes..<rows.upperBound * rowBytes]))
    }

    /// Decodes the values of one row, exactly as the format defines them.
    ///
    /// Rows that are read one here, one there, as those of an embedding are, leave no pages of the file in memory.
    package func decodeRow(_ row: Int, into values: UnsafeMutablePointer<Float>) {
        guard let format = dataType.kernelFormat else { return }
        withBytes(of: row..<row + 1) { swiftlet_dequantize(format, $0, columns, values) }
    }

    /// Decodes the values of some rows, one after another.
    package func decodeRows(_ rows: Range<Int>, into values: UnsafeMutablePointer<Float>) {
        guard let format = dataType.kernelFormat else { return }
        withBytes(of: rows) { swiftlet_dequantize(format, $0, rows.count * columns, values) }
    }

    /// Gives `body` the bytes of some rows: a copy that is read from the file, which leaves no pages of it in memory and
    /// takes less time than mapping them, or the bytes where they are if they lie in no file.
    func withBytes(of rows: Range<Int>, _ body: (UnsafeRawPointer?) -> Void) {
        let stored = UnsafeRawBufferPointer(
            rebasing: bytes[rows.lowerBound * rowBytes..<rows.upperBound * rowBytes])
        guard let file, !stored.isEmpty else { return body(stored.baseAddress) }
        withUnsafeTemporaryAllocation(byteCount: stored.count, alignment: 64) { copy in
            let isCopied = copy.baseAddress.map { file.copy(stored, to: $0) } ?? false
            body(isCopied ? UnsafeRawPointer(copy.baseAddress) : stored.baseAddress)
        }
    }

    /// All values, row after row.
    package func decoded() -> [Float] {
        [Float](unsafeUninitializedCapacity: rows * columns) { buffer, count in
            if columns > 0, let base = buffer.baseAddress {
                for row in 0..<rows { decodeRow(row, into: base + row * columns) }
            }
            count = rows * columns
        }
    }
}
