import CKernels

/// A weight matrix in the layout that the kernels read: 16 rows interleaved, blocks of 32 columns.
package final class PackedMatrix: @unchecked Sendable {
    // Invariant: nothing is written after init.
    /// What kernels are given; it lives as long as the matrix.
    let layout: UnsafePointer<swiftlet_matrix>
    private let owner: AnyObject
    private let bias: UnsafeMutablePointer<Float>?

    /// The number of rows (outputs).
    package var rows: Int { layout.pointee.rows }
    /// The number of columns (inputs).
    package var columns: Int { layout.pointee.columns }
    /// The layout in words: `4-bit codes, scales of 32, minimums`.
    package let layoutDescription: String
    /// The bytes that the packed rows take.
    package var byteCount: Int { bytes.count }
    /// The packed rows.
    let bytes: UnsafeRawBufferPointer
    /// Whether they lie in a file.
    let isKept: Bool

    var groups: Int { (rows + 15) / 16 }
    /// Scratch that a thread needs for products with rounded weights.
    var workspaceBytes: Int { (swiftlet_multiply_workspace(layout) + 63) / 64 * 64 }
    var scale: Float { layout.pointee.scale }

    /// Packs `source`, whose bytes are not needed afterwards; `bias` has one value per row, and `rounds` rounds f32 to bf16.
    package init(_ source: MatrixSource, bias: [Float]? = nil, rounds: Bool = false, pool: ThreadPool) {
        let format = source.dataType.kernelFormat ?? SWIFTLET_FORMAT_F32
        var matrix = Self.layout(source, rounds: rounds)
        layoutDescription = Self.description(matrix)
        let memory = SystemMemory(byteCount: Self.byteCount(&matrix))
        owner = memory
        isKept = false
        bytes = UnsafeRawBufferPointer(start: memory.address, count: Self.byteCount(&matrix))
        self.bias = bias.map(Self.copy)
        matrix.data = UnsafeRawPointer(memory.address)
        matrix.bias = self.bias.map { UnsafePointer($0) }
        if !source.bytes.isEmpty { matrix.scale = Self.scale(for: format, source, pool) }
        layout = Self.copy(matrix)
        guard !source.bytes.isEmpty else { return }
        let (address, groupBytes) = (memory.address, swiftlet_group_bytes(layout))
        // Pages that were touched, as those of formats whose largest scale is looked for, are given back piece by piece, so
        // that a large matrix is not in memory twice.
        let isLarge = source.bytes.count > 4 << 20
        let piece = isLarge ? max(1, (1 << 20) / (16 * source.rowBytes)) : max(1, groups / (4 * pool.threads))
        pool.runUnchecked((groups + piece - 1) / piece) { item, _ in
            let groups = item * piece..<min((item + 1) * piece, groups)
            for group in groups {
                let rows = 16 * group..<min(16 * (group + 1), source.rows)
                var part = layout.pointee
                part.rows = rows.count
                source.withBytes(of: rows) {
                    swiftlet_pack_group(&part, format, $0, source.rowBytes, 0, address + group * groupBytes)
                }
            }
            if isLarge { source.release(rows: 16 * groups.lowerBound..<min(16 * groups.upperBound, source.rows)) }
        }
    }

    /// Takes what `source` was packed into before from `bytes`, which `owner` keeps alive; nil if they are too many or few.
    init?(
        _ source: MatrixSource, bias: [Float]?, rounds: Bool, scale: Float, bytes: UnsafeRawBufferPointer,
        owner: AnyObject
    ) {
        var matrix = Self.layout(source, rounds: rounds)
        guard bytes.count == Self.byteCount(&matrix) else { return nil }
        matrix.scale = scale
        matrix.data = bytes.baseAddress
        self.bias = bias.map(Self.copy)
        matrix.bias = self.bias.map { UnsafePointer($0) }
        layout = Self.copy(matrix)
        layoutDescription = Self.description(matrix)
        self.bytes = bytes
        self.owner = owner
        isKept = true
    }

    private static func layout(_ source: MatrixSource, rounds: Bool) -> swiftlet_matrix {
        let format = source.dataType.kernelFormat ?? SWIFTLET_FORMAT_F32
        var layout = swiftlet_layout(rounds && format == SWIFTLET_FORMAT_F32 ? SWIFTLET_FORMAT_BF16 : format)
        layout.rows = source.rows
        layout.columns = source.columns
        return layout
    }

    private static func byteCount(_ layout: inout swiftlet_matrix) -> Int {
        (layout.rows + 15) / 16 * swiftlet_group_bytes(&layout)
    }

    private static func copy(_ matrix: swiftlet_matrix) -> UnsafePointer<swiftlet_matrix> {
        let copy = UnsafeMutablePointer<swiftlet_matrix>.allocate(capacity: 1)
        copy.initialize(to: matrix)
        return UnsafePointer(copy)
    }

    private static func copy(_ values: [Float]) -> UnsafeMutablePointer<Float> {
        let copy = UnsafeMutablePointer<Float>.allocate(capacity: values.count)
        copy.initialize(from: values, count: values.count)
        return copy
    }

    /// A power of two that brings the largest scale of formats whose scales are products near the top of what f16 holds,
    /// so that small ones keep their precision.
    private static func scale(
        for format: swiftlet_format, _ source: MatrixSource, _ pool: ThreadPool
    ) -> Float {
        guard let base = source.bytes.baseAddress else { return 1 }
        let rowBytes = source.rowBytes
        let largest = MatrixSource.withTiles(of: source.rows, pool) { rows in
            swiftlet_largest_scale(format, base + rows.lowerBound * rowBytes, rows.count * source.columns)
        }
        guard largest > 0, largest.isFinite else { return 1 }
        return Float(sign: .plus, exponent: max(largest.exponent - 14, -100), significand: 1)
    }

    deinit {
        layout.deallocate()
        bias?.deallocate()
    }
}
