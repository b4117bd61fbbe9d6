package import Files
package import Tensors

/// A tensor as a file stores it; the bytes stay in the mapped file until they are asked for.
package struct StoredTensor: Sendable {
    /// Its name in the file.
    package let name: String
    /// How its elements are stored.
    package let dataType: DataType
    /// Row-major, outermost dimension first.
    package let shape: [Int]
    /// The file that holds it.
    package let file: MappedFile
    /// Where in the file its bytes are; inside the file by construction.
    package let byteRange: Range<Int>

    /// The bytes it takes.
    package var byteCount: Int { byteRange.count }
    /// The product of the shape; the readers have checked that it fits.
    package var elementCount: Int { shape.reduce(1, &*) }

    /// Calls `body` with the bytes as stored (little-endian), valid during the call.
    package func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        try withExtendedLifetime(file) { try body(UnsafeRawBufferPointer(rebasing: file.bytes[byteRange])) }
    }

    /// The product of `shape`, or nil if it is negative anywhere or overflows.
    static func elementCount(_ shape: [Int]) -> Int? {
        var product = 1
        for dimension in shape {
            let (next, overflow) = product.multipliedReportingOverflow(by: dimension)
            guard dimension >= 0, !overflow else { return nil }
            product = next
        }
        return product
    }
}
