import CKernels
import Tensors

/// The form in which rows of a table of vectors are stored, and the kernel that measures them.
package struct RowFormat: @unchecked Sendable {
    // Invariant: the kernels are constants of the C target.
    package let encoding: VectorEncoding
    package let metric: Metric
    /// The dimension.
    package let size: Int
    /// The bytes of a row.
    package let byteCount: Int
    private let kernels: UnsafePointer<swiftlet_distances>
    let measure: swiftlet_measure

    /// A format for vectors of `size` values, or nil if the metric has no meaning for the encoding.
    package init?(_ encoding: VectorEncoding, metric: Metric, size: Int, kernels name: String = Kernels.best.name) {
        guard let kernels = swiftlet_distances_named(name) else { return nil }
        let rows =
            switch encoding {
            case .f32: kernels.pointee.measures.0
            case .f16: kernels.pointee.measures.1
            case .int8: kernels.pointee.measures.2
            case .binary: kernels.pointee.measures.3
            }
        let measure =
            switch metric {
            case .l2: rows.0
            case .dot, .cosine: rows.1
            case .jaccard: rows.2
            case .hamming: rows.3
            }
        guard let measure else { return nil }
        (self.encoding, self.metric, self.size) = (encoding, metric, size)
        (self.kernels, self.measure) = (kernels, measure)
        byteCount = swiftlet_row_bytes(encoding.rows, size)
    }

    /// Whether a row can be compared with others as it is stored; rows of halves are compared with floats.
    var measuresOwnRows: Bool { encoding != .f16 }

    /// The bytes of a query.
    var queryByteCount: Int { encoding == .f16 ? 4 * size : byteCount }

    /// Writes a vector as a row.
    func encode(_ values: UnsafePointer<Float>, to row: UnsafeMutableRawPointer) {
        switch encoding {
        case .f32: row.copyMemory(from: values, byteCount: 4 * size)
        case .f16: _ = swiftlet_round_to_halves(values, size, row.assumingMemoryBound(to: UInt16.self))
        case .int8: kernels.pointee.round(values, size, row)
        case .binary:
            let words = row.assumingMemoryBound(to: UInt64.self)
            for word in 0..<(size + 63) / 64 {
                var bits: UInt64 = 0
                for place in 64 * word..<min(64 * word + 64, size) where values[place] > 0 {
                    bits |= 1 << UInt64(place % 64)
                }
                words[word] = bits
            }
        }
    }

    /// Writes a vector as a query for rows of this format.
    func encodeQuery(_ values: UnsafePointer<Float>, to query: UnsafeMutableRawPointer) {
        if encoding == .f16 { query.copyMemory(from: values, byteCount: 4 * size) } else { encode(values, to: query) }
    }

    /// The values of a row, as near as its encoding keeps them; for bits 0 and 1.
    func decode(_ row: UnsafeRawPointer) -> [Float] {
        [Float](unsafeUninitializedCapacity: size) { values, count in
            count = size
            switch encoding {
            case .f32: values.baseAddress?.update(from: row.assumingMemoryBound(to: Float.self), count: size)
            case .f16:
                if let base = values.baseAddress { swiftlet_dequantize(SWIFTLET_FORMAT_F16, row, size, base) }
            case .int8:
                let scale = row.loadUnaligned(fromByteOffset: (size + 63) / 64 * 64, as: Float.self)
                for place in 0..<size { values[place] = scale * Float(row.load(fromByteOffset: place, as: Int8.self)) }
            case .binary:
                for place in 0..<size {
                    values[place] = Float(row.load(fromByteOffset: place / 8, as: UInt8.self) >> (place % 8) & 1)
                }
            }
        }
    }

    /// Sums of looked-up bytes, for product quantizers; see the kernel.
    func lookUpSums(
        _ codes: UnsafePointer<UInt8>, parts: Int, table: UnsafePointer<UInt8>, count: Int,
        sums: UnsafeMutablePointer<UInt16>
    ) { kernels.pointee.look_up_sums(codes, parts, table, count, sums) }
}

extension VectorEncoding {
    fileprivate var rows: swiftlet_rows {
        switch self {
        case .f32: SWIFTLET_ROWS_F32
        case .f16: SWIFTLET_ROWS_F16
        case .int8: SWIFTLET_ROWS_CODES
        case .binary: SWIFTLET_ROWS_BITS
        }
    }
}

extension RowFormat {
    /// Divides a vector by its length; false, and nothing done, if it has none.
    static func normalize(_ values: UnsafeMutableBufferPointer<Float>) -> Bool {
        // In f64: the square of a small or large value is not one in f32.
        let square = values.reduce(0.0) { $0 + Double($1) * Double($1) }
        guard square > 0, square.isFinite else { return false }
        let factor = 1 / square.squareRoot()
        for place in values.indices { values[place] = Float(Double(values[place]) * factor) }
        return true
    }
}
