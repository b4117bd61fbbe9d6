import CKernels

/// A weight matrix in the layout that the kernels read: 16 rows interleaved, blocks of 32 columns.
public final class PackedMatrix: @unchecked Sendable {
    // Invariant: nothing is written after init.
    private(set) var layout: swiftlet_matrix
    private let memory: SystemMemory
    private let bias: UnsafeMutablePointer<Float>?

    /// The number of rows (outputs).
    public var rows: Int { layout.rows }
    /// The number of columns (inputs).
    public var columns: Int { layout.columns }
    /// The bytes that the packed rows take.
    public let byteCount: Int

    var groups: Int { (layout.rows + 15) / 16 }
    /// Scratch that a thread needs for products with rounded weights.
    var workspaceBytes: Int { withUnsafePointer(to: layout) { (swiftlet_multiply_workspace($0) + 63) / 64 * 64 } }

    /// Packs `source`, whose bytes are not needed afterwards; `bias` has one value per row.
    public init(_ source: MatrixSource, bias: [Float]? = nil, pool: ThreadPool) {
        let format = source.dataType.kernelFormat ?? SWIFTLET_FORMAT_F32
        layout = swiftlet_layout(format)
        layout.rows = source.rows
        layout.columns = source.columns
        let groups = (source.rows + 15) / 16
        let groupBytes = swiftlet_group_bytes(&layout)
        byteCount = groups * groupBytes
        memory = SystemMemory(byteCount: byteCount)
        layout.data = UnsafeRawPointer(memory.address)
        self.bias = bias.map { values in
            let copy = UnsafeMutablePointer<Float>.allocate(capacity: values.count)
            copy.initialize(from: values, count: values.count)
            return copy
        }
        layout.bias = self.bias.map { UnsafePointer($0) }
        guard let base = source.bytes.baseAddress else { return }
        layout.scale = Self.scale(for: format, source, base)
        let (matrix, memory) = (layout, memory.address)
        pool.run(groups) { group, _ in
            withUnsafePointer(to: matrix) {
                swiftlet_pack_group($0, format, base, source.rowBytes, group, memory + group * groupBytes)
            }
        }
    }

    /// A power of two that brings the largest scale of formats whose scales are products near the top of what f16 holds,
    /// so that small ones keep their precision.
    private static func scale(for format: swiftlet_format, _ source: MatrixSource, _ base: UnsafeRawPointer) -> Float {
        let largest = swiftlet_largest_scale(format, base, source.rows * source.columns)
        guard largest > 0, largest.isFinite else { return 1 }
        return Float(sign: .plus, exponent: max(largest.exponent - 14, -100), significand: 1)
    }

    deinit { bias?.deallocate() }
}
