// The protocol documents these methods.

import CKernels

extension FastOperations {
    package func multiplyHeads(_ rows: Activations, _ others: Activations, heads: Int) -> Activations {
        let output = make(rows.tokens, heads * others.tokens)
        guard rows.tokens > 0, others.tokens > 0, heads > 0 else { return output }
        let (size, groups) = (rows.width / heads, (others.tokens + 15) / 16)
        var layout = swiftlet_layout(SWIFTLET_FORMAT_F32)
        (layout.rows, layout.columns) = (others.tokens, size)
        let groupBytes = swiftlet_group_bytes(&layout)
        let packed = arena.take(UInt8.self, heads * groups * groupBytes)
        let tile = min(rows.tokens, Int(SWIFTLET_TILE_TOKENS))
        let room = (rows.tokens + tile - 1) / tile * tile * size
        let entered = arena.take(Float.self, heads * room)
        pool.runUnchecked(heads) { head, _ in
            var matrix = layout
            let bytes = packed + head * groups * groupBytes
            for group in 0..<groups {
                var part = layout
                part.rows = min(16, others.tokens - 16 * group)
                swiftlet_pack_group(
                    &part, SWIFTLET_FORMAT_F32, others.row(16 * group) + head * size, others.width * 4, 0,
                    bytes + group * groupBytes)
            }
            matrix.data = UnsafeRawPointer(bytes)
            var activations = swiftlet_activations()
            (activations.width, activations.tile, activations.values) = (size, tile, entered + head * room)
            for first in stride(from: 0, to: rows.tokens, by: tile) {
                let count = min(tile, rows.tokens - first)
                kernels.enter_values(&activations, first, count, rows.row(first) + head * size, rows.width)
            }
            kernels.multiply(
                &matrix, 0, groups, &activations, 0, rows.tokens, output.values + head * others.tokens, output.width)
        }
        return output
    }
}
