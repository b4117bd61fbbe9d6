import Quantization
package import Tensors

extension TensorRows {
    /// The tensor as it is to be written: copied where it is of that type already, else turned over on all threads of `pool`;
    /// numbers that the type cannot hold end the writing with an error.
    package func source(
        as type: DataType, pool: ThreadPool, progress: (@Sendable (_ name: String) -> Void)? = nil
    ) -> TensorSource {
        TensorSource(name: name, dataType: type, shape: shape) { (body) throws(CheckpointError) in
            progress?(name)
            if dataType == type, copy != nil { return try copyAll(body) }
            guard let encoder = BlockEncoder(type) else { return }
            _ = try RowWriter(source: self, encoder: encoder, importance: nil, pool: pool).writeAll(body)
        }
    }

    /// The same numbers as f32, so that they are written as such.
    package func widened() -> TensorRows {
        TensorRows(name: name, dataType: .f32, shape: shape, origin: origin, decode: decode)
    }

    /// Hands the stored bytes of all rows to `body`, some megabytes at a time.
    func copyAll(_ body: (UnsafeRawBufferPointer) -> Void) throws(CheckpointError) {
        guard let copy, rows > 0, let rowBytes = dataType.byteCount(elements: columns), rowBytes > 0 else { return }
        let slab = max(1, min(rows, (4 << 20) / rowBytes))
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: slab * rowBytes, alignment: 64)
        defer { buffer.deallocate() }
        guard let base = buffer.baseAddress else { return }
        for first in stride(from: 0, to: rows, by: slab) {
            let range = first..<min(rows, first + slab)
            copy(range, base)
            body(UnsafeRawBufferPointer(start: base, count: range.count * rowBytes))
        }
    }
}
